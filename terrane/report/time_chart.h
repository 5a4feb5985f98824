#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "terrane/render/ramp.h"
#include "terrane/report/latency.h"

namespace terrane {

// How many values fall into each of `bins` equal steps of a logarithmic span. What lies outside counts in the
// first or the last.
std::vector<std::uint64_t> log_histogram(std::span<const double> values, const LogSpan& span, int bins);

// Cold and hot times of one kind of read as an SVG: a histogram on a logarithmic axis of time, their medians
// and 99th percentiles, and the guide's 10 ms and 50 ms.
std::string time_chart(const Latency& latency, const std::string& title);

}  // namespace terrane
