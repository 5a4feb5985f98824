#pragma once

#include <string>
#include <string_view>

#include "terrane/space/world.h"
#include "terrane/voxel/catalogue.h"

namespace terrane {

// What a store is: written when it is created, read before anything else.
struct Manifest {
  World::Settings world;
  MaterialId fill = kUnknown;  // the constant model
  Catalogue catalogue;
  friend bool operator==(const Manifest&, const Manifest&);
};

// The stored value: "TRRN", u16 major, u16 minor, JSON, seal. The version is read before anything it governs;
// magic, version and seal are the same in every version.
std::string manifest_value(const Manifest& manifest);
// kUnsupported, naming both versions, where another release wrote it.
Result<Manifest> parse_manifest(std::string_view value);

}  // namespace terrane
