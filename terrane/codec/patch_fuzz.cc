// libFuzzer target for read_patch().
#include "terrane/codec/patch_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  terrane::testing::try_patch(data, size);
  return 0;
}
