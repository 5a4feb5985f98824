#pragma once

#include <optional>
#include <string>
#include <vector>

#include "terrane/volume/edit.h"
#include "terrane/volume/event_format.h"
#include "terrane/volume/map_writer.h"
#include "terrane/volume/volume.h"

namespace terrane {

// One batch of edits of level 0, made ready by its writer.
struct ReadyEdit {
  struct Patch {
    Position position = 0;
    std::string bytes;
  };
  std::vector<Patch> patches;  // ascending, a brick each
  std::vector<Edit> ranges;    // ascending; whole bricks, none of them patched
  format::Event event;         // but for its number
  EditDurability durability = EditDurability::kSync;
  // For edits that read first: when, as RecentChanges counts. Conflicts with later changes of its bricks.
  std::optional<std::uint64_t> read_at;
};

Status check_edit(const EditOptions& options);
// Nothing to do yet, by these options; `box` is around all that it may change.
ReadyEdit begin_edit(const EditOptions& options, const Box& box);
// Sorts what is ready, names its bricks in the event, and queues it. `whole`: bricks that its ranges have.
Result<EditReport> commit_edit(Volume::State& state, ReadyEdit& ready, std::uint64_t whole);

}  // namespace terrane
