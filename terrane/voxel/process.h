#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "terrane/base/status.h"

namespace terrane {

// What changes a planet: the flags of the BlueMarble guide. On disk for ever.
enum class Process : std::uint8_t {
  kErosion = 1,
  kDeposition = 2,
  kVolcanism = 4,
  kTectonics = 8,
  kWeathering = 16,
  kGlaciation = 32,
  kSeaLevelChange = 64
};

// Any of them, also none. A value.
class ProcessSet {
 public:
  constexpr ProcessSet() = default;
  constexpr ProcessSet(Process process) : bits_(static_cast<std::uint8_t>(process)) {}  // NOLINT
  // kInvalid for bits that are no process.
  static Result<ProcessSet> of_bits(std::uint8_t bits);

  constexpr std::uint8_t bits() const { return bits_; }
  constexpr bool has(Process process) const { return (bits_ & static_cast<std::uint8_t>(process)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  friend constexpr ProcessSet operator|(ProcessSet a, ProcessSet b) {
    a.bits_ |= b.bits_;
    return a;
  }
  friend constexpr bool operator==(ProcessSet, ProcessSet) = default;

 private:
  std::uint8_t bits_ = 0;
};

constexpr ProcessSet operator|(Process a, Process b) {
  return ProcessSet(a) | ProcessSet(b);
}

// "erosion", "erosion,deposition"; the empty text for none. kInvalid names what is known.
Result<ProcessSet> parse_process(std::string_view text);
std::string to_string(ProcessSet process);

}  // namespace terrane
