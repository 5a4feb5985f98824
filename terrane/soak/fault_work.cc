#include "terrane/soak/fault_work.h"

namespace terrane::soak {
namespace {

class Array final : public VoxelSource {
 public:
  explicit Array(VoxelArray voxels) : voxels_(std::move(voxels)) {}
  Coord size() const override { return voxels_.size; }
  std::string identity() const override { return "the ingested part"; }
  Status read(const Box& box, VoxelView out) const override {
    copy(voxels_.view().sub(box), out);
    return ok();
  }

 private:
  VoxelArray voxels_;
};

}  // namespace

std::vector<WorkStep> work_steps() {
  using Kind = WorkStep::Kind;
  return {{Kind::kCreate},
          {Kind::kWrite},
          {Kind::kEdits, 0, 8},
          {Kind::kTogether, 8, 16},
          {Kind::kFold},
          {Kind::kLevels},
          {Kind::kEdits, 16, 22},
          {Kind::kIngest},
          {Kind::kEdits, 22, 25},
          {Kind::kCompact},
          {Kind::kEdits, 25, 28},
          {Kind::kCheckpoint},
          {Kind::kEdits, 28, 31},
          {Kind::kOpen},
          {Kind::kTogether, 31, 36},
          {Kind::kLevels},
          {Kind::kFold},
          {Kind::kEdits, 36, 38},
          {Kind::kOpen},
          {Kind::kEdits, 38, 40}};
}

std::string name(WorkStep::Kind kind) {
  using Kind = WorkStep::Kind;
  switch (kind) {
    case Kind::kCreate:
      return "create";
    case Kind::kOpen:
      return "open";
    case Kind::kWrite:
      return "write";
    case Kind::kEdits:
      return "edits";
    case Kind::kTogether:
      return "edits together";
    case Kind::kFold:
      return "fold";
    case Kind::kLevels:
      return "levels";
    case Kind::kIngest:
      return "ingest";
    case Kind::kCompact:
      return "compact";
    case Kind::kCheckpoint:
      return "checkpoint";
  }
  return "unknown";
}

VoxelArray written_voxels(const Plan& plan) {
  return layers(kWritten.size(), mix(plan.seed, 1));
}
VoxelArray ingested_voxels(const Plan& plan) {
  return layers(kIngested.size(), mix(plan.seed, 2));
}

Result<IngestReport> ingest_work(Volume& volume, const Plan& plan) {
  IngestOptions options;
  options.at = kIngested.lo;
  options.encoding.policy = Policy::kFast;
  return volume.ingest(Array(ingested_voxels(plan)), options);
}

}  // namespace terrane::soak
