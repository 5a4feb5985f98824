#pragma once

#include <string>
#include <string_view>

#include <rocksdb/status.h>

#include "terrane/base/status.h"

namespace terrane {

// What a failure of RocksDB means to a caller. `doing` begins the message: "cannot write".
//
// Only a status that says ok is ok, and only get() may take NotFound for an answer: a file that is not there
// is damage, not absence.
Error rocks_error(const rocksdb::Status& status, std::string_view doing, const std::string& path);

}  // namespace terrane
