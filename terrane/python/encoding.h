#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "terrane/volume/volume.h"

namespace terrane::python {

// What write(), ingest() and explain() take beside their policy: profile, strategy, adaptive, access and the
// limits of Requirements, as keywords. TypeError for any other keyword, InvalidError for a value.
Encoding parse_encoding(const std::string& policy, const pybind11::kwargs& more);

// {"point_reads": n, "brick_reads": n, "brick_writes": n, "locality": 0..1}, all optional.
AccessPattern parse_access(const pybind11::object& given);

}  // namespace terrane::python
