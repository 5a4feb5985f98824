#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <string_view>

#include "terrane/c/terrane.h"
#include "terrane/volume/volume.h"

// What the calls of terrane.h are made of.

struct terrane_store {
  terrane::Volume volume;
};

namespace terrane::c {

// Where a call puts its text.
struct Text {
  char* data = nullptr;
  std::int64_t size = 0;

  void put(std::string_view text) const {
    if (data == nullptr || size <= 0) return;
    auto n = std::min(text.size(), static_cast<std::size_t>(size - 1));
    // Not in the middle of a character of UTF-8.
    while (n > 0 && n < text.size() && (static_cast<unsigned char>(text[n]) & 0xc0) == 0x80) --n;
    std::memcpy(data, text.data(), n);
    data[n] = '\0';
  }
};

// Runs a call: what it returns or throws becomes a code and a text.
template <class Call>
std::int32_t run(Text error, Call&& call) noexcept {
  error.put("");
  try {
    const Status status = call();
    if (status) return TERRANE_OK;
    error.put(status.error().message);
    return static_cast<std::int32_t>(status.error().code);
  } catch (const std::bad_alloc&) {
    error.put("out of memory; ask for less, or lower the cache");
    return TERRANE_EXHAUSTED;
  } catch (const std::exception& e) {
    error.put(e.what());
    return TERRANE_INTERNAL;
  }
}

inline Status need(const void* pointer, std::string_view name) {
  if (pointer != nullptr) return ok();
  const std::string what(name);
  if (what == "store") return invalid("the store is NULL: it was never opened, or it was closed");
  return invalid(what + " is NULL; give a pointer to it");
}

inline Box box_of(const std::int64_t* b) {
  return {{b[0], b[2], b[4]}, {b[1], b[3], b[5]}};
}

inline void put(Coord c, std::int64_t* to) {
  to[0] = c.x;
  to[1] = c.y;
  to[2] = c.z;
}

inline Result<MaterialId> material_of(std::int32_t given, std::string_view name) {
  if (given >= 0 && given <= kUnknown) return static_cast<MaterialId>(given);
  return invalid(std::string(name) + " must be a material, 0 to 65535; " + std::string(name) + "=`" +
                 std::to_string(given) + "`");
}

}  // namespace terrane::c
