#pragma once

#include <map>
#include <string>
#include <string_view>

#include "terrane/codec/codec.h"
#include "terrane/space/world.h"
#include "terrane/voxel/catalogue.h"

namespace terrane {

// A strategy of an application's own, as the store has taken it down.
struct StrategyName {
  std::string name;
  std::uint8_t version = 0;  // the newest that a program had which opened the store for writing
  friend bool operator==(const StrategyName&, const StrategyName&) = default;
};

// What a store is: written when it is created, read before anything else.
struct Manifest {
  World::Settings world;
  MaterialId fill = kUnknown;  // the constant model
  Catalogue catalogue;
  std::map<CodecId, StrategyName> strategies;  // private ids
  friend bool operator==(const Manifest&, const Manifest&);
};

// The stored value: "TRRN", u16 major, u16 minor, JSON, seal. The version is read before anything it governs;
// magic, version and seal are the same in every version.
std::string manifest_value(const Manifest& manifest);
// kUnsupported, naming both versions, where another release wrote it.
Result<Manifest> parse_manifest(std::string_view value);

}  // namespace terrane
