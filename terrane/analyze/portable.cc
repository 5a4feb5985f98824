#include "terrane/analyze/masks_portable.h"
// What follows is made of these.
#include "terrane/analyze/sweep_brick.h"

namespace terrane::detail {

void analyze_portable(const MaterialId* voxels, BrickShape shape, MaterialId predicted, Detail detail,
                      AnalyzeScratch::State& scratch, BrickStats& out) {
  portable::sweep_brick(voxels, shape, predicted, detail, scratch, out);
}

}  // namespace terrane::detail
