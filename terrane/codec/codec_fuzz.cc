// libFuzzer target for one decoder, named by TERRANE_FUZZ_CODEC.
#include "terrane/codec/codec_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  terrane::testing::try_decoder(*terrane::find_codec(TERRANE_FUZZ_CODEC), data, size);
  return 0;
}
