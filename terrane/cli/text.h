#pragma once

#include "terrane/report/text.h"

namespace terrane::cli {

// What the command prints, a report prints in the same words.
using terrane::bytes_text;
using terrane::count_text;
using terrane::decimal_text;
using terrane::duration_text;
using terrane::percent_text;

}  // namespace terrane::cli
