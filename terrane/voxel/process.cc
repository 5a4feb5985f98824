#include "terrane/voxel/process.h"

#include <array>
#include <utility>

namespace terrane {
namespace {

constexpr std::array<std::pair<std::string_view, Process>, 7> kNames = {{
    {"erosion", Process::kErosion},
    {"deposition", Process::kDeposition},
    {"volcanism", Process::kVolcanism},
    {"tectonics", Process::kTectonics},
    {"weathering", Process::kWeathering},
    {"glaciation", Process::kGlaciation},
    {"sea-level-change", Process::kSeaLevelChange},
}};

}  // namespace

Result<ProcessSet> ProcessSet::of_bits(std::uint8_t bits) {
  if ((bits & 0x80) != 0)
    return invalid("there is no process 128; processes are the sum of 1, 2, 4, 8, 16, 32 and 64");
  ProcessSet set;
  set.bits_ = bits;
  return set;
}

Result<ProcessSet> parse_process(std::string_view text) {
  ProcessSet set;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view name = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    bool known = false;
    for (const auto& [its, process] : kNames) {
      if (its != name) continue;
      set = set | process;
      known = true;
    }
    if (known) continue;
    std::string message = "there is no process `" + std::string(name) + "`; use one or more, with commas, of";
    for (const auto& [its, process] : kNames) message += " " + std::string(its);
    return invalid(std::move(message));
  }
  return set;
}

std::string to_string(ProcessSet process) {
  std::string text;
  for (const auto& [name, one] : kNames) {
    if (!process.has(one)) continue;
    if (!text.empty()) text += ',';
    text += name;
  }
  return text;
}

}  // namespace terrane
