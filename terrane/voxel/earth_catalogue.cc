#include <utility>

#include "terrane/voxel/catalogue.h"
#include "terrane/voxel/earth_materials.h"

namespace terrane {
namespace {

struct Row {
  MaterialId id;
  const char* name;
  std::uint32_t color;
  const char* family;
  std::uint32_t density;
  bool fluid = false;
};

// Densities are usual bulk values in kg/m3. "Fluid" is what gives way at the surface when levels are pooled:
// the liquid core is not, since nothing solid has to show through it.
constexpr Row kRows[] = {
    {earth::kAir, "air", 0xe8f1f8, "fluid", 1, true},
    {earth::kWater, "water", 0x2f6fa7, "fluid", 1025, true},
    {earth::kFreshWater, "fresh water", 0x6fb1d6, "fluid", 1000, true},
    {earth::kIce, "ice", 0xeef6fa, "ice", 917},
    {earth::kSnow, "snow", 0xfbfdff, "ice", 350},

    {earth::kSoil, "soil", 0x8a6a45, "soil", 1400},
    {earth::kRegolith, "regolith", 0xa3907a, "soil", 1600},
    {earth::kDesertSoil, "desert soil", 0xdcc08a, "soil", 1600},
    {earth::kSteppeSoil, "steppe soil", 0xb3a45c, "soil", 1350},
    {earth::kSavannaSoil, "savanna soil", 0xb98a4a, "soil", 1450},
    {earth::kTropicalSoil, "tropical soil", 0xa5532f, "soil", 1300},
    {earth::kTropicalForest, "tropical forest", 0x2f7a3a, "soil", 900},
    {earth::kMediterraneanSoil, "mediterranean soil", 0xb5673f, "soil", 1400},
    {earth::kTemperateSoil, "temperate soil", 0x6f8a4a, "soil", 1350},
    {earth::kBorealSoil, "boreal soil", 0x5b7355, "soil", 1250},
    {earth::kTundraSoil, "tundra soil", 0x9aa48c, "soil", 1300},
    {earth::kPermafrost, "permafrost", 0xb4c2c4, "soil", 1700},
    {earth::kPeat, "peat", 0x4c3a2a, "soil", 400},
    {earth::kVolcanicSoil, "volcanic soil", 0x5a4a45, "soil", 900},

    {earth::kSediment, "sediment", 0xd9b56a, "sediment", 2000},
    {earth::kUpperSediment, "upper sediment", 0xe6cb85, "sediment", 1900},
    {earth::kMiddleSediment, "middle sediment", 0xd4ac5c, "sediment", 2200},
    {earth::kLowerSediment, "lower sediment", 0xb98c42, "sediment", 2450},
    {earth::kSand, "sand", 0xf0dc9c, "sediment", 1700},
    {earth::kSilt, "silt", 0xd2bd8f, "sediment", 1600},
    {earth::kClay, "clay", 0xa9917a, "sediment", 1750},
    {earth::kGravel, "gravel", 0xc3b69b, "sediment", 1900},
    {earth::kShelfMud, "shelf mud", 0x94886a, "sediment", 1500},
    {earth::kPelagicClay, "pelagic clay", 0x9c5f48, "sediment", 1450},
    {earth::kCarbonateOoze, "carbonate ooze", 0xe9dfbe, "sediment", 1550},
    {earth::kSiliceousOoze, "siliceous ooze", 0xc9cfa4, "sediment", 1300},
    {earth::kTill, "till", 0x8f8b80, "sediment", 2100},
    {earth::kLoess, "loess", 0xe2c77a, "sediment", 1450},
    {earth::kAlluvium, "alluvium", 0xcbb27e, "sediment", 1800},

    {earth::kConsolidatedSediment, "consolidated sediment", 0xc49a4e, "sedimentary", 2350},
    {earth::kSandstone, "sandstone", 0xd98f4e, "sedimentary", 2350},
    {earth::kShale, "shale", 0x7d7566, "sedimentary", 2500},
    {earth::kLimestone, "limestone", 0x9db6b0, "sedimentary", 2600},
    {earth::kChalk, "chalk", 0xd5e3c8, "sedimentary", 2200},
    {earth::kDolomite, "dolomite", 0x86a0ad, "sedimentary", 2800},
    {earth::kConglomerate, "conglomerate", 0xb58a66, "sedimentary", 2450},
    {earth::kEvaporite, "evaporite", 0xe5b8c4, "sedimentary", 2200},
    {earth::kCoal, "coal", 0x2b2a2c, "sedimentary", 1350},

    {earth::kVolcanicRock, "volcanic rock", 0x9a3d3a, "igneous", 2700},
    {earth::kBasalt, "basalt", 0x5c4a5e, "igneous", 2900},
    {earth::kDikes, "dikes", 0x4b4661, "igneous", 2950},
    {earth::kGabbro, "gabbro", 0x3d4a54, "igneous", 3000},
    {earth::kGranite, "granite", 0xd0706c, "igneous", 2650},
    {earth::kGranodiorite, "granodiorite", 0xc28a83, "igneous", 2700},
    {earth::kDiorite, "diorite", 0x8f7f85, "igneous", 2850},
    {earth::kAndesite, "andesite", 0x8a6468, "igneous", 2650},
    {earth::kRhyolite, "rhyolite", 0xd99a8c, "igneous", 2500},
    {earth::kTuff, "tuff", 0xb7a2a0, "igneous", 1800},
    {earth::kPeridotite, "peridotite", 0x55703c, "igneous", 3300},

    {earth::kMetamorphicRock, "metamorphic rock", 0x9184a6, "metamorphic", 2750},
    {earth::kSlate, "slate", 0x606c80, "metamorphic", 2750},
    {earth::kSchist, "schist", 0x7f8c93, "metamorphic", 2750},
    {earth::kGneiss, "gneiss", 0xb59bb5, "metamorphic", 2750},
    {earth::kMarble, "marble", 0xdad6e2, "metamorphic", 2700},
    {earth::kQuartzite, "quartzite", 0xcdbcc6, "metamorphic", 2650},
    {earth::kAmphibolite, "amphibolite", 0x4f5f58, "metamorphic", 2950},
    {earth::kGranulite, "granulite", 0x7e6a80, "metamorphic", 2850},
    {earth::kEclogite, "eclogite", 0x8c4f5f, "metamorphic", 3450},
    {earth::kSerpentinite, "serpentinite", 0x5f8f6a, "metamorphic", 2650},

    {earth::kWeatheredRock, "weathered rock", 0xa88f78, "weathered", 2100},
    {earth::kWeatheredGranite, "weathered granite", 0xc99f8c, "weathered", 2200},
    {earth::kSaprolite, "saprolite", 0xc07a52, "weathered", 1700},
    {earth::kLaterite, "laterite", 0x96402c, "weathered", 2000},

    {earth::kRock, "rock", 0x8c8680, "crust", 2700},
    {earth::kContinentalCrust, "continental crust", 0xb8776c, "crust", 2800},
    {earth::kUpperContinentalCrust, "upper continental crust", 0xcf8a7d, "crust", 2700},
    {earth::kMiddleContinentalCrust, "middle continental crust", 0xa96a63, "crust", 2830},
    {earth::kLowerContinentalCrust, "lower continental crust", 0x824d4f, "crust", 2950},
    {earth::kOceanicCrust, "oceanic crust", 0x5d6470, "crust", 2900},
    {earth::kUpperOceanicCrust, "upper oceanic crust", 0x767c8a, "crust", 2700},
    {earth::kMiddleOceanicCrust, "middle oceanic crust", 0x5f6675, "crust", 2850},
    {earth::kLowerOceanicCrust, "lower oceanic crust", 0x484f5e, "crust", 3000},

    {earth::kMantle, "mantle", 0x33523f, "mantle", 3300},
    {earth::kLithosphericMantle, "lithospheric mantle", 0x3f6349, "mantle", 3300},
    {earth::kAsthenosphere, "asthenosphere", 0x6b5a2e, "mantle", 3350},
    {earth::kTransitionZone, "transition zone", 0x7a4a26, "mantle", 3850},
    {earth::kLowerMantle, "lower mantle", 0x8f3a1e, "mantle", 4900},
    {earth::kOuterCore, "outer core", 0xe0962e, "core", 10900},
    {earth::kInnerCore, "inner core", 0xf5d76a, "core", 12900},
};

Catalogue build() {
  std::vector<Material> materials;
  materials.reserve(std::size(kRows));
  for (const Row& row : kRows) {
    materials.push_back({.id = row.id,
                         .name = row.name,
                         .color_rgb = row.color,
                         .family = row.family,
                         .density_kg_m3 = row.density,
                         .fluid = row.fluid});
  }
  return Catalogue::create(std::move(materials)).value();
}

}  // namespace

const Catalogue& Catalogue::earth() {
  static const Catalogue catalogue = build();
  return catalogue;
}

}  // namespace terrane
