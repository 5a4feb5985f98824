#pragma once

#include <functional>

#include "terrane/volume/state.h"

namespace terrane {

// Of the parts of a box that a seam may have cut.
std::vector<Box> boxes_of(const std::vector<World::Piece>& pieces);

// kExhausted where a box holds 2^63 voxels of the level or more: sums over it would not fit.
Status check_countable(const Volume::State& state, const Box& box, int level);

// A brick that a scan came by.
struct ScannedBrick {
  Position position;
  Box brick;  // its voxels that exist, of the level
  Box part;   // of these, what the scan asked for
  KeptBrick kept;
};

// What a scan calls. `run`: a stretch of the line holds one material, of which the scan asks for what lies in
// `part`; from one thread. `brick`: from many threads at once.
struct ScanVisitor {
  std::function<void(const Run& run, const Box& part, MaterialId material)> run;
  std::function<Status(const ScannedBrick& brick, WorkScratch& scratch)> brick;
};

// Goes through what a box (level-0 voxels; may cross the seam) holds at a level, in one state of the store,
// and decodes nothing. Bricks come in batches, which bound the memory.
Status scan(const Volume::State& state, const Box& box, int level, const ReadOptions& options,
            const ScanVisitor& visitor);

// An error of a brick's bytes, with its place and, where a strategy is missing, the name that the store has
// taken down.
Status at_brick(const Volume::State& state, int level, const Box& brick, Status status);

}  // namespace terrane
