#if defined(__x86_64__)
#include "terrane/analyze/masks_avx2.h"
// What follows is made of these.
#include "terrane/analyze/sweep_brick.h"

namespace terrane::detail {

__attribute__((target("avx2,bmi,popcnt"))) void analyze_avx2(const MaterialId* voxels, BrickShape shape,
                                                             MaterialId predicted, Detail detail,
                                                             AnalyzeScratch::State& scratch,
                                                             BrickStats& out) {
  avx2::sweep_brick(voxels, shape, predicted, detail, scratch, out);
}

}  // namespace terrane::detail
#endif
