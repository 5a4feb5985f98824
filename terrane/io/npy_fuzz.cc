#include <cstdlib>

#include "terrane/io/npy.h"

// The whole file is hostile: what the parser accepts must lie within it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto layout = terrane::parse_npy_header({reinterpret_cast<const std::byte*>(data), size});
  if (layout && (!layout->bytes() || layout->offset > size)) std::abort();
  return 0;
}
