#include <fmt/format.h>

#include <algorithm>

#include "terrane/volume/state.h"

namespace terrane {

using format::Pending;

namespace {

// Of the memory for decoded voxels, which an ingest leaves alone: one part in so many.
constexpr std::uint64_t kPooledShare = 8;

// What a stopped ingest must be given again: the source, and what its bytes depend on.
std::string identity_of(const VoxelSource& source, const IngestOptions& options) {
  const Encoding& e = options.encoding;
  std::string text =
      fmt::format("{} at {} policy {}", source.identity(), to_string(options.at), name(e.policy));
  if (e.profile != Profile::kPrices) text += fmt::format(" profile {}", name(e.profile));
  if (e.codec) text += fmt::format(" codec {}", static_cast<int>(*e.codec));
  return text;
}

// The record of this ingest, which from now on runs here: the one it continues, or a new one. Holds
// write_mutex meanwhile.
Result<Pending> begin(Volume::State& state, const Box& box, std::span<const Box> pieces, std::string identity,
                      bool restart, bool& resumed) {
  std::scoped_lock lock(state.write_mutex);
  for (const Pending& known : overlapping(state, pieces)) {
    const bool ingest = known.kind == Pending::Kind::kIngest;
    const bool same = ingest && !restart && known.box == box && known.source == identity;
    if (!same && !(ingest && restart)) {
      return Error{
          ErrorCode::kConflict,
          fmt::format("an unfinished ingest of box {} from {} is in the way; give that ingest again to "
                      "continue it, or restart to give it up",
                      to_string(known.box), known.source)};
    }
    const auto mine = state.pending.claim(known.id);
    if (!mine) {
      return Error{ErrorCode::kConflict,
                   fmt::format("another thread is ingesting box {} from {}; let it end, or stop it first",
                               to_string(known.box), known.source)};
    }
    if (same) {
      resumed = true;
      return *mine;
    }
    // Given up: what it wrote stays, and its coarser levels are due.
    Pending due = *mine;
    due.kind = Pending::Kind::kWrite;
    due.source.clear();
    if (due.level == 0) due.level = 1, due.piece = 0, due.block = 0;
    Status given_up = commit(state, 0, {}, {*mine, due}, Durability::kBuffered);
    state.pending.set_running(known.id, false);
    TERRANE_TRY(std::move(given_up));
  }
  Pending fresh;
  fresh.id = state.totals.next_pending;
  fresh.kind = Pending::Kind::kIngest;
  fresh.box = box;
  fresh.source = std::move(identity);
  TERRANE_TRY(commit(state, 0, {}, {std::nullopt, fresh}, Durability::kFsync));
  return *state.pending.claim(fresh.id);
}

// Says that an ingest no longer runs, however it ended.
class Running {
 public:
  Running(PendingWork& pending, std::uint64_t id) : pending_(pending), id_(id) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { pending_.set_running(id_, false); }

 private:
  PendingWork& pending_;
  std::uint64_t id_;
};

// Level 0 of what the record says is left, block by block.
Status fill_level0(Volume::State& state, Pending& stored, std::span<const Box> pieces,
                   const VoxelSource& source, const IngestOptions& options, PooledBricks& pooled) {
  Pending at = stored;
  Progress progress{0, 0, "voxels"};
  for (const Box& piece : pieces) progress.total += static_cast<std::uint64_t>(piece.volume());
  for (; at.piece < pieces.size(); ++at.piece, at.block = 0) {
    const Box& piece = pieces[at.piece];
    // Where the piece lies in the source: behind the seam the source goes on where the first piece ended.
    const Coord by = piece.lo - Coord{at.piece == 0 ? 0 : pieces[0].size().x, 0, 0};
    const auto fill_part = [&](std::size_t, const Box& part, VoxelView to) {
      return source.read({part.lo - by, part.hi - by}, to);
    };
    const BlockPlan plan(piece);
    for (std::uint64_t i = 0; i < at.block; ++i) {
      progress.done += static_cast<std::uint64_t>(plan.block(i).volume());
    }
    while (at.block < plan.count()) {
      const Box block = plan.block(at.block);
      std::scoped_lock lock(state.write_mutex);
      TERRANE_ASSIGN(const std::vector<Edit> edits,
                     edits_of(state, {&block, 1}, fill_part, options.encoding, &pooled, options.task));
      ++at.block;
      TERRANE_TRY(commit(state, 0, edits, {stored, at}, Durability::kBuffered));
      stored = at;
      progress.done += static_cast<std::uint64_t>(block.volume());
      if (options.task.progress) options.task.progress(progress);
    }
  }
  return ok();
}

}  // namespace

Result<IngestReport> Volume::ingest(const VoxelSource& source, const IngestOptions& options) {
  State& state = *state_;
  TERRANE_TRY(state.check_writable());
  TERRANE_TRY(state.check_encoding(options.encoding));
  const Clock::Instant begun = state.clock.now();
  IngestReport report;
  report.box = Box::of_size(options.at, source.size());
  TERRANE_ASSIGN(const std::vector<Box> pieces, state.world.pieces(report.box));
  TERRANE_ASSIGN(Pending stored, begin(state, report.box, pieces, identity_of(source, options),
                                       options.restart, report.resumed));
  const Running running(state.pending, stored.id);
  PooledBricks pooled(state.lattices, state.fluids, pieces, state.cache.capacity() / kPooledShare);
  if (stored.level == 0) {
    TERRANE_TRY(fill_level0(state, stored, pieces, source, options, pooled));
    Pending next = stored;
    next.level = 1;
    next.piece = 0;
    next.block = 0;
    std::scoped_lock lock(state.write_mutex);
    TERRANE_TRY(commit(state, 0, {}, {stored, next}, Durability::kBuffered));
    stored = next;
  }
  TERRANE_TRY(finish_levels(state, stored, options.encoding, &pooled, options.task, WriteLock::kPerBlock));
  TERRANE_TRY(state.finish_due_levels(options.task));
  TERRANE_TRY(state.save_epoch());
  report.voxels = static_cast<std::uint64_t>(report.box.volume());
  report.seconds = std::chrono::duration<double>(state.clock.now() - begun).count();
  report.mb_per_s = static_cast<double>(report.voxels) * 2e-6 / std::max(report.seconds, 1e-9);
  return report;
}

}  // namespace terrane
