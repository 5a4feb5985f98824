#pragma once

#include <string>
#include <vector>

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

// Times of single calls. Percentiles by the nearest rank.
class Samples {
 public:
  void add(double microseconds) { values_.push_back(microseconds); }
  std::size_t count() const { return values_.size(); }
  double sum() const;
  double percentile(double p) const;  // 0..100; 0 without samples

 private:
  std::vector<double> values_;
};

}  // namespace terrane::cli
