#pragma once

#include "terrane/voxel/voxels.h"

// The ids of Catalogue::earth(). They are in stores for ever: never renumbered, never reused. Each family
// has a block of 16, so that a new material can join its kin:
//
//     0 fluids and ice    16 soils           32 loose sediment    48 sedimentary rock
//    64 igneous rock      80 metamorphic     96 weathered rock   112 crust
//   128 mantle and core  144..65534 the application's own      65535 unknown
//
// Generic names (soil, sediment, rock...) are for sources that know no more.
namespace terrane::earth {

inline constexpr MaterialId kAir = 0;
inline constexpr MaterialId kWater = 1;  // of the sea
inline constexpr MaterialId kFreshWater = 2;
inline constexpr MaterialId kIce = 3;
inline constexpr MaterialId kSnow = 4;

inline constexpr MaterialId kSoil = 16;
inline constexpr MaterialId kRegolith = 17;
inline constexpr MaterialId kDesertSoil = 18;
inline constexpr MaterialId kSteppeSoil = 19;
inline constexpr MaterialId kSavannaSoil = 20;
inline constexpr MaterialId kTropicalSoil = 21;
inline constexpr MaterialId kTropicalForest = 22;
inline constexpr MaterialId kMediterraneanSoil = 23;
inline constexpr MaterialId kTemperateSoil = 24;
inline constexpr MaterialId kBorealSoil = 25;
inline constexpr MaterialId kTundraSoil = 26;
inline constexpr MaterialId kPermafrost = 27;
inline constexpr MaterialId kPeat = 28;
inline constexpr MaterialId kVolcanicSoil = 29;

inline constexpr MaterialId kSediment = 32;
inline constexpr MaterialId kUpperSediment = 33;
inline constexpr MaterialId kMiddleSediment = 34;
inline constexpr MaterialId kLowerSediment = 35;
inline constexpr MaterialId kSand = 36;
inline constexpr MaterialId kSilt = 37;
inline constexpr MaterialId kClay = 38;
inline constexpr MaterialId kGravel = 39;
inline constexpr MaterialId kShelfMud = 40;
inline constexpr MaterialId kPelagicClay = 41;
inline constexpr MaterialId kCarbonateOoze = 42;
inline constexpr MaterialId kSiliceousOoze = 43;
inline constexpr MaterialId kTill = 44;
inline constexpr MaterialId kLoess = 45;
inline constexpr MaterialId kAlluvium = 46;

inline constexpr MaterialId kConsolidatedSediment = 48;
inline constexpr MaterialId kSandstone = 49;
inline constexpr MaterialId kShale = 50;
inline constexpr MaterialId kLimestone = 51;
inline constexpr MaterialId kChalk = 52;
inline constexpr MaterialId kDolomite = 53;
inline constexpr MaterialId kConglomerate = 54;
inline constexpr MaterialId kEvaporite = 55;
inline constexpr MaterialId kCoal = 56;

inline constexpr MaterialId kVolcanicRock = 64;
inline constexpr MaterialId kBasalt = 65;  // lavas; layer 2A of the oceanic crust
inline constexpr MaterialId kDikes = 66;   // sheeted dikes; layer 2B
inline constexpr MaterialId kGabbro = 67;  // layer 3
inline constexpr MaterialId kGranite = 68;
inline constexpr MaterialId kGranodiorite = 69;
inline constexpr MaterialId kDiorite = 70;
inline constexpr MaterialId kAndesite = 71;
inline constexpr MaterialId kRhyolite = 72;
inline constexpr MaterialId kTuff = 73;
inline constexpr MaterialId kPeridotite = 74;

inline constexpr MaterialId kMetamorphicRock = 80;
inline constexpr MaterialId kSlate = 81;
inline constexpr MaterialId kSchist = 82;
inline constexpr MaterialId kGneiss = 83;
inline constexpr MaterialId kMarble = 84;
inline constexpr MaterialId kQuartzite = 85;
inline constexpr MaterialId kAmphibolite = 86;
inline constexpr MaterialId kGranulite = 87;
inline constexpr MaterialId kEclogite = 88;
inline constexpr MaterialId kSerpentinite = 89;

inline constexpr MaterialId kWeatheredRock = 96;
inline constexpr MaterialId kWeatheredGranite = 97;
inline constexpr MaterialId kSaprolite = 98;
inline constexpr MaterialId kLaterite = 99;

inline constexpr MaterialId kRock = 112;
inline constexpr MaterialId kContinentalCrust = 113;
inline constexpr MaterialId kUpperContinentalCrust = 114;
inline constexpr MaterialId kMiddleContinentalCrust = 115;
inline constexpr MaterialId kLowerContinentalCrust = 116;
inline constexpr MaterialId kOceanicCrust = 117;
inline constexpr MaterialId kUpperOceanicCrust = 118;
inline constexpr MaterialId kMiddleOceanicCrust = 119;
inline constexpr MaterialId kLowerOceanicCrust = 120;

inline constexpr MaterialId kMantle = 128;
inline constexpr MaterialId kLithosphericMantle = 129;
inline constexpr MaterialId kAsthenosphere = 130;
inline constexpr MaterialId kTransitionZone = 131;
inline constexpr MaterialId kLowerMantle = 132;
inline constexpr MaterialId kOuterCore = 133;
inline constexpr MaterialId kInnerCore = 134;

}  // namespace terrane::earth
