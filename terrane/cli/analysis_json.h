#pragma once

#include "terrane/analyze/homogeneity.h"
#include "terrane/cli/verb.h"
#include "terrane/voxel/catalogue.h"
#include "terrane/voxel/material_counts.h"

namespace terrane::cli {

// The forms of docs/CLI.md.
Json report_json(const HomogeneityReport& report, const Catalogue& catalogue);
Json stats_json(const BrickStats& stats);

// --policy, --profile, --strategy and the limits, of verbs that code bricks or say how they would.
struct EncodingArguments {
  std::string policy = "balanced", profile = "prices", strategy;
  std::optional<double> max_read_ms, max_brick_read_ms, min_encode, max_memory_mb, max_share;

  void add_to(CLI::App& verb);
  Result<Encoding> encoding() const;
};

}  // namespace terrane::cli
