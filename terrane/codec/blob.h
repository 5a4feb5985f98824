#pragma once

#include "terrane/codec/scratch.h"

namespace terrane::detail {

// Appends `bytes` to `out`: as a zstd frame without its magic number where that is shorter, else as they
// are. Never longer than `bytes`. The policy says how hard zstd tries.
void put_blob(std::span<const std::uint8_t> bytes, Policy policy, CodecScratch::State& state,
              std::string& out);

// The bytes that a blob holds, which must be exactly as many as `room` has. A blob of just that size is
// not compressed.
Status take_blob(Bytes blob, CodecScratch::State& state, std::span<std::uint8_t> room);

}  // namespace terrane::detail
