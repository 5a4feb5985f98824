#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "terrane/c/call.h"

namespace {

using namespace terrane;
using namespace terrane::c;

constexpr std::int64_t kMostVoxels = std::int64_t{1} << 33;  // far above what one batch holds

Result<EditOptions> options_of(const terrane_edit_options* given) {
  terrane_edit_options from;
  terrane_edit_options_init(&from);
  if (given != nullptr) from = *given;
  for (const std::uint64_t later : from.reserved) {
    if (later != 0)
      return invalid("options has something in `reserved`; begin with terrane_edit_options_init()");
  }
  EditOptions out;
  if (from.process > 127)
    return invalid("process must be a sum of TERRANE_EROSION and the like; process=`" +
                   std::to_string(from.process) + "`");
  TERRANE_ASSIGN(out.process, ProcessSet::of_bits(static_cast<std::uint8_t>(from.process)));
  if (from.durability != TERRANE_SYNC && from.durability != TERRANE_BATCH)
    return invalid("durability must be TERRANE_SYNC (0) or TERRANE_BATCH (1); durability=`" +
                   std::to_string(from.durability) + "`");
  if (from.durability == TERRANE_BATCH) out.durability = EditDurability::kBatch;
  out.time_us = from.time_us;
  if (from.time_us == TERRANE_NOW) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    out.time_us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  }
  if (from.author != nullptr) out.author = from.author;
  if (from.note != nullptr) out.note = from.note;
  return out;
}

Result<std::vector<VoxelEdit>> edits_of(const std::int64_t* voxels, const std::uint16_t* materials,
                                        std::int64_t count) {
  if (count < 1) return invalid("an edit has at least one voxel; count=`" + std::to_string(count) + "`");
  if (count > kMostVoxels)
    return Error{ErrorCode::kExhausted,
                 "an edit of " + std::to_string(count) + " voxels is too large; make it in parts"};
  std::vector<VoxelEdit> out(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = {{voxels[3 * i], voxels[3 * i + 1], voxels[3 * i + 2]}, materials[i]};
  return out;
}

void put(const EditReport& report, terrane_edit_report* to) {
  if (to != nullptr) *to = {report.batch, report.voxels, report.bricks};
}

terrane_event event_of(const EventInfo& event) {
  const Box& b = event.box;
  return {event.batch,
          event.time_us,
          event.process.bits(),
          0,
          event.author.c_str(),
          event.note.c_str(),
          {b.lo.x, b.hi.x, b.lo.y, b.hi.y, b.lo.z, b.hi.z},
          event.voxels};
}

}  // namespace

extern "C" {

void terrane_edit_options_init(terrane_edit_options* options) {
  if (options != nullptr) *options = {0, TERRANE_SYNC, TERRANE_NOW, nullptr, nullptr, {}};
}

std::int32_t terrane_edit_voxels(terrane_store* store, const std::int64_t* voxels,
                                 const std::uint16_t* materials, std::int64_t count,
                                 const terrane_edit_options* options, terrane_edit_report* report,
                                 char* error, std::int64_t error_size) {
  return run({error, error_size}, [&]() -> Status {
    put(EditReport{}, report);
    TERRANE_TRY(need(store, "store"));
    TERRANE_TRY(need(voxels, "voxels"));
    TERRANE_TRY(need(materials, "materials"));
    TERRANE_ASSIGN(const EditOptions edit, options_of(options));
    TERRANE_ASSIGN(const std::vector<VoxelEdit> all, edits_of(voxels, materials, count));
    TERRANE_ASSIGN(const EditReport done, store->volume.edit(all, edit));
    put(done, report);
    return ok();
  });
}

std::int32_t terrane_edit_box(terrane_store* store, const std::int64_t box[6], std::int32_t material,
                              const terrane_edit_options* options, terrane_edit_report* report, char* error,
                              std::int64_t error_size) {
  return run({error, error_size}, [&]() -> Status {
    put(EditReport{}, report);
    TERRANE_TRY(need(store, "store"));
    TERRANE_TRY(need(box, "box"));
    TERRANE_ASSIGN(const MaterialId id, material_of(material, "material"));
    TERRANE_ASSIGN(const EditOptions edit, options_of(options));
    TERRANE_ASSIGN(const EditReport done, store->volume.edit(box_of(box), id, edit));
    put(done, report);
    return ok();
  });
}

std::int32_t terrane_flush_levels(terrane_store* store, char* error, std::int64_t error_size) {
  return run({error, error_size}, [&]() -> Status {
    TERRANE_TRY(need(store, "store"));
    return store->volume.flush_levels();
  });
}

std::int32_t terrane_fold(terrane_store* store, std::uint32_t least, terrane_fold_report* report, char* error,
                          std::int64_t error_size) {
  return run({error, error_size}, [&]() -> Status {
    if (report != nullptr) *report = {};
    TERRANE_TRY(need(store, "store"));
    TERRANE_ASSIGN(const FoldReport done, store->volume.fold(least));
    if (report != nullptr) *report = {done.bricks, done.deltas};
    return ok();
  });
}

std::int32_t terrane_events(const terrane_store* store, std::uint64_t since, const std::int64_t* box,
                            terrane_visit_event visit, void* context, char* error, std::int64_t error_size) {
  return run({error, error_size}, [&]() -> Status {
    TERRANE_TRY(need(store, "store"));
    if (visit == nullptr) return invalid("visit is NULL; give a function that takes the events");
    const World& world = store->volume.world();
    if (box != nullptr) TERRANE_TRY(world.pieces(box_of(box)));
    return store->volume.events(since, [&](const EventInfo& event) -> Status {
      if (box != nullptr && !world.overlap(event.box, box_of(box))) return ok();
      const terrane_event shown = event_of(event);
      if (visit(&shown, context) == 0) return ok();
      return Error{ErrorCode::kCancelled, "stopped by visit at batch " + std::to_string(event.batch)};
    });
  });
}

}  // extern "C"
