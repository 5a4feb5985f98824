#pragma once

#include <string>

#include "terrane/cli/verb.h"

namespace terrane::cli {

// What a figure was measured on and when: a figure without it means nothing.
struct Machine {
  std::string cpu;
  unsigned cores = 0;
  double load = 0;   // average of the last minute
  std::string date;  // UTC, "2025-01-31T12:00:00Z"
};
Machine this_machine();
Json machine_json(const Machine& machine);

}  // namespace terrane::cli
