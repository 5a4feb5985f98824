#include "terrane/voxel/catalogue.h"

#include <gtest/gtest.h>

#include <set>

#include "terrane/voxel/earth_materials.h"

namespace terrane {
namespace {

std::string error_of(const Result<Catalogue>& result) {
  if (result) return "no error";
  EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
  return result.error().message;
}

void expect_in(const std::string& text, std::string_view part) {
  EXPECT_NE(text.find(part), std::string::npos) << text << "\nshould say: " << part;
}

TEST(EarthCatalogue, HasTheMaterialsOfTheGuide) {
  for (const char* name :
       {"water", "soil", "sand", "sediment", "rock", "metamorphic rock", "granite", "weathered rock",
        "volcanic rock", "tropical soil", "tropical forest", "continental crust", "air", "ice", "mantle"}) {
    EXPECT_NE(Catalogue::earth().find(std::string_view(name)), nullptr) << name;
  }
}

TEST(EarthCatalogue, KeepsItsIds) {
  const Catalogue& earth = Catalogue::earth();
  EXPECT_EQ(earth.name_of(0), "air");
  EXPECT_EQ(earth.name_of(1), "water");
  EXPECT_EQ(earth.name_of(3), "ice");
  EXPECT_EQ(earth.name_of(earth::kBasalt), "basalt");
  EXPECT_EQ(earth.name_of(earth::kUpperContinentalCrust), "upper continental crust");
  EXPECT_EQ(earth.name_of(earth::kLithosphericMantle), "lithospheric mantle");
  EXPECT_EQ(earth.all().back().id, earth::kInnerCore);
}

TEST(EarthCatalogue, CallsOnlyAirAndWatersFluid) {
  const FluidSet fluids = Catalogue::earth().fluids();
  EXPECT_EQ(fluids.count(), 3u);
  for (const MaterialId id : {earth::kAir, earth::kWater, earth::kFreshWater}) EXPECT_TRUE(fluids.test(id));
}

TEST(EarthCatalogue, GivesEveryMaterialAColourOfItsOwnAFamilyAndADensity) {
  std::set<std::uint32_t> colors;
  for (const Material& m : Catalogue::earth().all()) {
    EXPECT_TRUE(colors.insert(m.color_rgb).second) << m.name << " has the colour of another";
    EXPECT_FALSE(m.family.empty()) << m.name;
    EXPECT_GT(m.density_kg_m3, 0u) << m.name;
  }
}

TEST(Catalogue, ComesBackFromItsJson) {
  const std::string json = Catalogue::earth().to_json();
  const Catalogue read = Catalogue::parse_json(json).value();
  EXPECT_EQ(read, Catalogue::earth());
  EXPECT_EQ(read.to_json(), json);
  EXPECT_EQ(Catalogue::parse_json(Catalogue().to_json()).value(), Catalogue());
}

TEST(Catalogue, ReadsEntriesWithAllButIdAndNameLeftOut) {
  const Catalogue c = Catalogue::parse_json(R"([{"id": 9, "name": "tuff \"grey\""}, {"id": 2, "name": "eau",
      "color": "#0A0b0c", "family": "fluide", "density": 1000, "fluid": true}])")
                          .value();
  ASSERT_EQ(c.all().size(), 2u);
  EXPECT_EQ(c.all()[0], (Material{2, "eau", 0x0a0b0c, "fluide", 1000, true}));
  EXPECT_EQ(c.all()[1].name, "tuff \"grey\"");
  EXPECT_EQ(c.all()[1].color_rgb, Catalogue().color_of(9));
  EXPECT_EQ(Catalogue::parse_json(c.to_json()).value(), c);
}

TEST(Catalogue, ReadsTheShortForm) {
  const Catalogue c = Catalogue::parse_json(R"({"3": "sand", "0": "air"})").value();
  EXPECT_EQ(c.name_of(0), "air");
  EXPECT_EQ(c.name_of(3), "sand");
  EXPECT_FALSE(c.fluids().any());
}

TEST(Catalogue, SaysWhatIsWrongAndInWhichEntry) {
  const auto message = [](std::string_view json) { return error_of(Catalogue::parse_json(json)); };
  expect_in(message("[{\"id\": 1,"), "not JSON");
  expect_in(message("7"), "an array of materials");
  expect_in(message(R"([{"id": 1, "name": "a"}, 5])"), "entry 1");
  expect_in(message(R"([{"name": "a"}])"), "lacks `id`");
  expect_in(message(R"([{"id": 1}])"), "lacks `name`");
  expect_in(message(R"([{"id": 65536, "name": "a"}])"), "0 to 65535");
  expect_in(message(R"([{"id": -1, "name": "a"}])"), "0 to 65535");
  expect_in(message(R"([{"id": 1.5, "name": "a"}])"), "value=`1.5`");
  expect_in(message(R"([{"id": 18446744073709551615, "name": "a"}])"), "0 to 65535");
  expect_in(message(R"([{"id": 1, "name": 3}])"), "`name` must be a string");
  expect_in(message(R"([{"id": 1, "name": "a", "color": "red"}])"), "value=`\"red\"`");
  expect_in(message(R"([{"id": 1, "name": "a", "color": "#12345g"}])"), "colour such as");
  expect_in(message(R"([{"id": 1, "name": "a", "density": "heavy"}])"), "`density`");
  expect_in(message(R"([{"id": 1, "name": "a", "fluid": 1}])"), "true or false");
  expect_in(message(R"([{"id": 1, "name": "a", "colour": "#000000"}])"), "unknown key=`colour`");
  expect_in(message(R"({"x": "air"})"), "key=`x`");
  expect_in(message(R"({"1": 4})"), "must have a name");
}

TEST(Catalogue, RefusesAnIdOrNameTwiceAndNamesThatNoOneCouldAskFor) {
  const auto message = [](std::vector<Material> materials) {
    return error_of(Catalogue::create(std::move(materials)));
  };
  expect_in(message({{.id = 4, .name = "a", .family = {}}, {.id = 4, .name = "b", .family = {}}}), "id=`4`");
  expect_in(message({{.id = 4, .name = "a", .family = {}}, {.id = 5, .name = "a", .family = {}}}),
            "name=`a`");
  expect_in(message({{.id = 4, .name = "", .family = {}}}), "empty name");
  expect_in(message({{.id = 4, .name = "7", .family = {}}}), "reads as another id");
  expect_in(message({{.id = 4, .name = "id 7", .family = {}}}), "reads as another id");
  expect_in(message({{.id = 4, .name = "two\nlines", .family = {}}}), "one line");
  expect_in(message({{.id = 4, .name = "\xff", .family = {}}}), "UTF-8");
  expect_in(message({{.id = 4, .name = std::string(257, 'x'), .family = {}}}), "256 bytes");
}

TEST(Catalogue, NamesAndColoursIdsThatItLacks) {
  const Catalogue none;
  EXPECT_EQ(none.name_of(7), "id 7");
  EXPECT_EQ(none.name_of(kUnknown), "unknown");
  EXPECT_EQ(none.color_of(7), none.color_of(7));
  std::set<std::uint32_t> colors;
  for (MaterialId id = 0; id < 64; ++id) colors.insert(none.color_of(id));
  EXPECT_EQ(colors.size(), 64u);
  for (const std::uint32_t c : colors) EXPECT_LE(c, 0xffffffu);
}

TEST(Catalogue, FindsMaterialsByNameAndById) {
  const Catalogue& earth = Catalogue::earth();
  EXPECT_EQ(earth.parse_material("fresh water").value(), earth::kFreshWater);
  EXPECT_EQ(earth.parse_material("fresh_water").value(), earth::kFreshWater);
  EXPECT_EQ(earth.parse_material("64").value(), 64);
  EXPECT_EQ(earth.parse_material("id 300").value(), 300);
  EXPECT_EQ(earth.parse_material("unknown").value(), kUnknown);
  for (const char* bad : {"", "cheese", "65536", "-1", "1 ", "id", "id "}) {
    const Result<MaterialId> result = earth.parse_material(bad);
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace terrane
