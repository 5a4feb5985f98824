#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "terrane/base/clock.h"
#include "terrane/base/status.h"
#include "terrane/report/latency.h"
#include "terrane/report/region_types.h"
#include "terrane/volume/volume.h"

namespace terrane {

struct ReportOptions {
  LatencyOptions latency = {};
  double verify_seconds = 60;  // after that, what was read by then counts as a sample
  bool pictures = true;
  std::string title;  // of the pictures
};

// What the ranges of a level take. Records and the store's own data come on top.
struct LevelSize {
  int level = 0;
  Coord extent;
  std::uint64_t uniform = 0, predicted = 0, bricks = 0;
  double bytes = 0;
};

struct MaterialRow {
  MaterialId id = 0;
  std::string name;
  std::uint32_t color = 0;
  double share = 0;   // of the voxels
  double volume = 0;  // m3, or voxels
};

struct Integrity {
  bool full = false;  // everything was read and decoded; else a sample
  std::uint64_t checked = 0, corrupt = 0, missing = 0;
  double share() const {
    return checked == 0 ? 0 : 1 - static_cast<double>(corrupt + missing) / static_cast<double>(checked);
  }
};

// A goal of the guide, and what was measured.
struct Target {
  std::string id, name, goal, measured;
  double limit = 0;
  std::optional<double> value;  // nothing: it could not be measured here
  bool met = false;
  std::string how;
};

struct ReportPicture {
  std::string title, caption;
  std::string png;
};

// Everything that a report says of a store. Parts of a damaged store that cannot be told are empty.
struct StoreReport {
  VolumeInfo info;
  std::string fill;  // its name
  std::size_t named_materials = 0;
  std::string voxel_text;              // "0.083° × 0.083° × 150 m"
  bool metric = false;                 // volumes are m3
  std::vector<MaterialRow> materials;  // the largest first
  int materials_level = 0;
  std::vector<LevelSize> levels;
  int map_level = 0;
  std::int64_t square_bricks = 1;  // brick columns along a square of the maps
  ColumnUse use;                   // of all of map_level
  RegionTable regions;
  Latencies latency;
  Integrity integrity;
  std::vector<Target> targets;
  std::vector<ReportPicture> pictures;
  std::size_t threads = 0;
  std::uint64_t seed = 0;
};

// Reads a store for a report: verifies it for a bounded time, surveys its ranges, sorts its columns, counts
// its materials at a coarse level, times reads, and draws. Unfinished voxels are taken as they are. Damage is
// reported, not returned; errors are those of an engine that fails, and kCancelled.
Result<StoreReport> gather_report(const Volume& volume, const Clock& clock, const ReportOptions& options);

// The goals of the guide against what was measured.
std::vector<Target> targets_of(const StoreReport& report);

// What was measured on what, by whom and when: a figure without it means nothing.
struct ReportFrame {
  std::string title;    // the store's name
  std::string store;    // where it is
  std::string version;  // of terrane
  std::string machine;
  std::string date;
  std::string command;
};
// One page of HTML that needs nothing else: no network, no script. Everything that comes from the store is
// escaped.
std::string html_page(const StoreReport& report, const ReportFrame& frame);

}  // namespace terrane
