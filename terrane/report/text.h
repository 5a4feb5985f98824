#pragma once

#include <cstdint>
#include <string>

namespace terrane {

// Numbers for people.
std::string count_text(std::uint64_t n);      // "12,345"
std::string bytes_text(double bytes);         // "512 bytes", "1.23 MB"; powers of 1000
std::string duration_text(double seconds);    // "0.8 s", "12 s", "3 min 05 s", "2 h 10 min"
std::string percent_text(double share);       // "99.62 %"
std::string micro_text(double microseconds);  // "0.35 µs", "12 µs", "1.2 ms", "3.4 s"
std::string decimal_text(double value);       // the shortest that reads back the same: "0.25", "-20037508.34"

}  // namespace terrane
