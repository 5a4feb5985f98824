#pragma once

#include <string>

#include "terrane/base/bytes.h"
#include "terrane/base/status.h"

namespace terrane {

// The NetCDF library reads what a truncated file of the classic formats (CDF-1, CDF-2) lacks as zeros, and
// says nothing. kInvalid where such a file is shorter than its header says; other formats are none of its
// business.
Status check_classic_length(const std::string& path);

// The least length that the header tells of, in bytes; 0 where these are not the beginning of a classic file.
// kInvalid where the header breaks off. Safe on hostile bytes.
// https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html
Result<std::uint64_t> classic_length(Bytes file_bytes);

}  // namespace terrane
