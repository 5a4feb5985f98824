#pragma once

#include <string>

#include "terrane/base/status.h"

namespace terrane {

// Makes a directory and those that lead to it, as far as they are not there yet. Afterwards a power cut no
// longer takes their names away.
Status make_directory(const std::string& path);

}  // namespace terrane
