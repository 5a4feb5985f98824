#include "terrane/volume/ready_edit.h"

#include <fmt/format.h>

#include <algorithm>

#include "terrane/volume/state.h"

namespace terrane {
namespace {

constexpr std::size_t kMostText = 65536;

}  // namespace

Status check_edit(const EditOptions& options) {
  for (const std::string* text : {&options.author, &options.note}) {
    if (text->size() > kMostText)
      return invalid(
          fmt::format("author and note have at most {} bytes each, not {}", kMostText, text->size()));
  }
  return options.task.check();
}

ReadyEdit begin_edit(const EditOptions& options, const Box& box) {
  ReadyEdit ready;
  ready.durability = options.durability;
  ready.event.time_us = options.time_us;
  ready.event.process = options.process;
  ready.event.author = options.author;
  ready.event.note = options.note;
  ready.event.box = box;
  return ready;
}

Result<EditReport> commit_edit(Volume::State& state, ReadyEdit& ready, std::uint64_t whole) {
  EditReport report;
  report.bricks = ready.patches.size() + whole;
  std::sort(ready.patches.begin(), ready.patches.end(),
            [](const auto& a, const auto& b) { return a.position < b.position; });
  std::sort(ready.ranges.begin(), ready.ranges.end(),
            [](const Edit& a, const Edit& b) { return a.run.first < b.run.first; });
  std::vector<Run>& bricks = ready.event.bricks;
  for (const ReadyEdit::Patch& patch : ready.patches) bricks.push_back({patch.position, patch.position});
  for (const Edit& edit : ready.ranges) bricks.push_back(edit.run);
  join(bricks);
  report.voxels = ready.event.voxels;
  TERRANE_ASSIGN(report.batch, state.edits.commit(state, ready));
  return report;
}

}  // namespace terrane
