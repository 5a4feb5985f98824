#pragma once

#include <cstddef>
#include <vector>

namespace terrane {

// Times of single calls, in microseconds. Percentiles by the nearest rank.
class Samples {
 public:
  void add(double microseconds) { values_.push_back(microseconds); }
  std::size_t count() const { return values_.size(); }
  double sum() const;
  double percentile(double p) const;  // 0..100; 0 without samples
  const std::vector<double>& values() const { return values_; }

 private:
  std::vector<double> values_;
};

}  // namespace terrane
