#include "terrane/volume/manifest.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "terrane/volume/format.h"

namespace terrane {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMagic = "TRRN";

std::vector<MaterialId> fluids_of(const Catalogue& catalogue) {
  std::vector<MaterialId> fluids;
  for (const Material& material : catalogue.all()) {
    if (material.fluid) fluids.push_back(material.id);
  }
  return fluids;
}

Json strategies_json(const Manifest& m) {
  Json out = Json::array();
  for (const auto& [id, strategy] : m.strategies) {
    out.push_back({{"id", static_cast<int>(id)}, {"name", strategy.name}, {"version", strategy.version}});
  }
  return out;
}

Json to_json(const Manifest& m) {
  const World::Settings& w = m.world;
  Json out = {{"extent", {w.extent.x, w.extent.y, w.extent.z}},
              {"voxel_size", {w.voxel_size[0], w.voxel_size[1], w.voxel_size[2]}},
              {"origin", {w.origin[0], w.origin[1], w.origin[2]}},
              {"crs", w.crs},
              {"wrap_x", w.wrap_x},
              {"model", {{"family", "constant"}, {"version", 1}, {"material", m.fill}}},
              {"fluids", fluids_of(m.catalogue)},
              {"catalogue", Json::parse(m.catalogue.to_json())}};
  if (!m.strategies.empty()) out["strategies"] = strategies_json(m);
  return out;
}

}  // namespace

bool operator==(const Manifest& a, const Manifest& b) {
  return a.fill == b.fill && a.catalogue == b.catalogue && a.strategies == b.strategies &&
         to_json(a) == to_json(b);
}

std::string manifest_value(const Manifest& manifest) {
  std::string value(kMagic);
  ByteWriter out(value);
  out.fixed(static_cast<std::uint16_t>(format::kMajor));
  out.fixed(static_cast<std::uint16_t>(format::kMinor));
  value += to_json(manifest).dump();
  format::seal(value, format::manifest_key(), 0);
  return value;
}

Result<Manifest> parse_manifest(std::string_view value) {
  ByteReader in(value);
  if (as_view(in.take(kMagic.size())) != kMagic) {
    return corrupt("this is not a terrane store: its manifest does not begin with TRRN");
  }
  // The seal is the same in every version, so that damage is never taken for another release's format.
  TERRANE_ASSIGN(const std::string_view payload,
                 format::unseal(value, format::manifest_key(), 0, "manifest"));
  const auto major = in.fixed<std::uint16_t>();
  const auto minor = in.fixed<std::uint16_t>();
  if (in.failed()) return corrupt("the manifest passes its hash but is too short");
  if (major != format::kMajor || minor != format::kMinor) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("the store has format {}.{} and this build reads {}.{} only; open it with a "
                             "release that knows its format",
                             major, minor, format::kMajor, format::kMinor)};
  }
  const Json j = Json::parse(payload.substr(kMagic.size() + 4), nullptr, false);
  Manifest m;
  try {
    World::Settings& w = m.world;
    w.extent = {j.at("extent").at(0), j.at("extent").at(1), j.at("extent").at(2)};
    for (std::size_t i = 0; i < 3; ++i) {
      w.voxel_size[i] = j.at("voxel_size").at(i);
      w.origin[i] = j.at("origin").at(i);
    }
    w.crs = j.at("crs");
    w.wrap_x = j.at("wrap_x");
    const Json& model = j.at("model");
    if (model.at("family") != "constant" || model.at("version") != 1) {
      return Error{ErrorCode::kUnsupported,
                   fmt::format("the store's model is {} version {}, which this build lacks; open it with a "
                               "release that has it",
                               model.at("family").dump(), model.at("version").dump())};
    }
    m.fill = model.at("material");
    TERRANE_ASSIGN(m.catalogue, Catalogue::parse_json(j.at("catalogue").dump()));
    for (const Json& strategy : j.value("strategies", Json::array())) {
      const auto id = strategy.at("id").get<std::uint8_t>();
      m.strategies[static_cast<CodecId>(id)] = {strategy.at("name"), strategy.at("version")};
    }
    if (j.at("fluids") != Json(fluids_of(m.catalogue))) {
      return corrupt("the manifest passes its hash, but its fluids are not those of its catalogue");
    }
  } catch (const Json::exception& e) {
    return corrupt(fmt::format("the manifest passes its hash but does not parse: {}", e.what()));
  }
  return m;
}

}  // namespace terrane
