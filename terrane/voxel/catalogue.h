#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "terrane/base/status.h"
#include "terrane/voxel/voxels.h"

namespace terrane {

struct Material {
  MaterialId id = 0;
  std::string name;                 // "basalt": lower case, unique in its catalogue
  std::uint32_t color_rgb = 0;      // 0xRRGGBB
  std::string family;               // "igneous"
  std::uint32_t density_kg_m3 = 0;  // 0: not said
  bool fluid = false;               // air, water: loses ties against solids when levels are pooled
  friend bool operator==(const Material&, const Material&) = default;
};

// The fluid ids of a store, for pooling. 8 KiB; a plain value.
using FluidSet = std::bitset<65536>;

// What the ids of one store mean. Sorted by id. A value; const methods are thread-safe.
class Catalogue {
 public:
  Catalogue() = default;
  // kInvalid where an id or a name occurs twice, or a name is empty, more than one line of UTF-8, or reads
  // as an id ("7", "id 7").
  static Result<Catalogue> create(std::vector<Material> materials);
  // Air, water, ice, soils, sediments, crust, mantle, and the guide's materials. The ids have names in
  // earth_materials.h.
  static const Catalogue& earth();
  // [{"id": 1, "name": "water", "color": "#2060a0", "family": "fluid", "density": 1025, "fluid": true}, ...]
  // All but id and name may be left out. Also the short form {"0": "air", "1": "water"}. kInvalid, naming
  // the entry and the key, where it is neither.
  static Result<Catalogue> parse_json(std::string_view json);
  std::string to_json() const;  // what parse_json reads; the same catalogue gives the same text

  bool empty() const { return materials_.empty(); }
  const std::vector<Material>& all() const { return materials_; }
  const Material* find(MaterialId id) const;
  const Material* find(std::string_view name) const;
  std::string name_of(MaterialId id) const;     // "id 7" where it has no name, "unknown" for 65535
  std::uint32_t color_of(MaterialId id) const;  // a stable colour from the id where none is given
  // A name ("fresh water" or "fresh_water"), "7", "id 7" or "unknown".
  Result<MaterialId> parse_material(std::string_view name_or_id) const;
  FluidSet fluids() const;
  // Those whose names have the word "water" in them.
  FluidSet water() const;
  friend bool operator==(const Catalogue&, const Catalogue&) = default;

 private:
  std::vector<Material> materials_;
};

}  // namespace terrane
