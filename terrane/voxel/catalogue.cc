#include "terrane/voxel/catalogue.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

namespace terrane {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxNameBytes = 256;

// What a JSON string can carry and a legend can show in one line.
bool is_text(std::string_view s) {
  for (const char c : s) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  try {
    static_cast<void>(Json(std::string(s)).dump());
  } catch (const Json::exception&) {  // not UTF-8
    return false;
  }
  return true;
}

// A number as parse_material() reads it: such a name could never be asked for.
std::optional<MaterialId> parse_id(std::string_view text) {
  if (text.starts_with("id ")) text.remove_prefix(3);
  if (text.empty()) return std::nullopt;
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id > 65535) return std::nullopt;
  return static_cast<MaterialId>(id);
}

std::string id_name(MaterialId id) {
  return id == kUnknown ? std::string("unknown") : "id " + std::to_string(id);
}

Status check_material(const Material& m) {
  const std::string what = "material id=`" + std::to_string(m.id) + "` ";
  if (m.name.empty()) return invalid(what + "has an empty name; give it one or leave the material out");
  for (const std::string* text : {&m.name, &m.family}) {
    if (text->size() > kMaxNameBytes || !is_text(*text)) {
      return invalid(what + "has a name or family that is not UTF-8 text of at most 256 bytes in one line");
    }
  }
  if (const auto id = parse_id(m.name); id && m.name != id_name(m.id)) {
    return invalid(what + "has a name that reads as another id; give it a word, name=`" + m.name + "`");
  }
  if (m.color_rgb > 0xffffff) return invalid(what + "has a colour above 0xffffff");
  return ok();
}

// Where in a catalogue file a complaint is due.
std::string entry(std::size_t index) {
  return "catalogue entry " + std::to_string(index) + " (counted from 0) ";
}

Result<std::uint32_t> whole_number(const Json& value, std::uint32_t limit, const std::string& where) {
  if (!value.is_number_integer() || value < 0 || value > limit) {
    return invalid(where + " must be a whole number from 0 to " + std::to_string(limit) + ", value=`" +
                   value.dump(-1, ' ', true, Json::error_handler_t::replace) + "`");
  }
  return value.get<std::uint32_t>();
}

Result<std::uint32_t> parse_color(const Json& value, const std::string& where) {
  const Error bad = invalid(where + " must be a colour such as \"#2060a0\", value=`" +
                            value.dump(-1, ' ', true, Json::error_handler_t::replace) + "`");
  if (!value.is_string()) return bad;
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() != 7 || text[0] != '#') return bad;
  std::uint32_t rgb = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 7, rgb, 16);
  if (error != std::errc() || end != text.data() + 7) return bad;
  return rgb;
}

Status parse_field(const std::string& key, const Json& value, const std::string& where, Material& out) {
  const std::string at = where + "`" + key + "`";
  if (key == "id") {
    TERRANE_ASSIGN(const std::uint32_t id, whole_number(value, 65535, at));
    out.id = static_cast<MaterialId>(id);
  } else if (key == "name" || key == "family") {
    if (!value.is_string()) return invalid(at + " must be a string");
    (key == "name" ? out.name : out.family) = value.get<std::string>();
  } else if (key == "color") {
    TERRANE_ASSIGN(out.color_rgb, parse_color(value, at));
  } else if (key == "density") {
    TERRANE_ASSIGN(out.density_kg_m3, whole_number(value, 1000000, at));
  } else if (key == "fluid") {
    if (!value.is_boolean()) return invalid(at + " must be true or false");
    out.fluid = value.get<bool>();
  } else {
    return invalid(where + "has an unknown key=`" + key +
                   "`; the keys are id, name, color, family, density, fluid");
  }
  return ok();
}

Result<Material> parse_entry(const Json& json, std::size_t index) {
  const std::string where = entry(index);
  if (!json.is_object()) return invalid(where + "must be an object such as {\"id\": 1, \"name\": \"water\"}");
  for (const char* key : {"id", "name"}) {
    if (!json.contains(key)) return invalid(where + "lacks `" + key + "`");
  }
  Material material;
  for (const auto& [key, value] : json.items()) TERRANE_TRY(parse_field(key, value, where, material));
  if (!json.contains("color")) material.color_rgb = Catalogue().color_of(material.id);
  return material;
}

// The short form: {"0": "air", "1": "water"}.
Result<std::vector<Material>> parse_legend(const Json& json) {
  std::vector<Material> materials;
  for (const auto& [key, value] : json.items()) {
    const std::optional<MaterialId> id = parse_id(key);
    if (!id) return invalid("catalogue key=`" + key + "` must be an id from 0 to 65535");
    if (!value.is_string()) return invalid("catalogue key=`" + key + "` must have a name, a string");
    materials.push_back({.id = *id, .name = value, .color_rgb = Catalogue().color_of(*id), .family = {}});
  }
  return materials;
}

char hex_digit(std::uint32_t nibble) {
  return "0123456789abcdef"[nibble & 15];
}

std::string hex_color(std::uint32_t rgb) {
  std::string text = "#";
  for (int shift = 20; shift >= 0; shift -= 4) text += hex_digit(rgb >> shift);
  return text;
}

// Away from black and white, so that it is seen on both; neighbouring ids differ much in hue.
std::uint32_t color_from_id(MaterialId id) {
  if (id == kUnknown) return 0x808080;
  const std::uint32_t hue = (id * 40503u) & 0xffff;  // 2^16 over the golden ratio
  const std::uint32_t sector = hue * 6 >> 16;
  const std::uint32_t rise = 70 + ((hue * 6 & 0xffff) * 130 >> 16);
  const std::uint32_t fall = 270 - rise;
  const std::uint32_t low = 70 + (id * 7 & 15), high = 200 - (id * 13 & 15);
  switch (sector) {
    case 0:
      return high << 16 | rise << 8 | low;
    case 1:
      return fall << 16 | high << 8 | low;
    case 2:
      return low << 16 | high << 8 | rise;
    case 3:
      return low << 16 | fall << 8 | high;
    case 4:
      return rise << 16 | low << 8 | high;
    default:
      return high << 16 | low << 8 | fall;
  }
}

}  // namespace

Result<Catalogue> Catalogue::create(std::vector<Material> materials) {
  std::stable_sort(materials.begin(), materials.end(),
                   [](const Material& a, const Material& b) { return a.id < b.id; });
  std::unordered_set<std::string_view> names;
  for (std::size_t i = 0; i < materials.size(); ++i) {
    const Material& m = materials[i];
    TERRANE_TRY(check_material(m));
    if (i > 0 && materials[i - 1].id == m.id) {
      return invalid("two materials have the same id; give each its own, id=`" + std::to_string(m.id) +
                     "` names=`" + materials[i - 1].name + "`, `" + m.name + "`");
    }
    if (!names.insert(m.name).second) {
      return invalid("two materials have the same name; give each its own, name=`" + m.name + "`");
    }
  }
  Catalogue catalogue;
  catalogue.materials_ = std::move(materials);
  return catalogue;
}

Result<Catalogue> Catalogue::parse_json(std::string_view text) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::exception& e) {
    return invalid(std::string("the catalogue is not JSON: ") + e.what());
  }
  if (json.is_object()) {
    TERRANE_ASSIGN(std::vector<Material> materials, parse_legend(json));
    return create(std::move(materials));
  }
  if (!json.is_array()) {
    return invalid("a catalogue is an array of materials, or an object of id and name: {\"1\": \"water\"}");
  }
  std::vector<Material> materials;
  for (std::size_t i = 0; i < json.size(); ++i) {
    TERRANE_ASSIGN(Material material, parse_entry(json[i], i));
    materials.push_back(std::move(material));
  }
  return create(std::move(materials));
}

std::string Catalogue::to_json() const {
  std::string text = "[";
  for (const Material& m : materials_) {
    text += text.size() == 1 ? "\n" : ",\n";
    text += " {\"id\": " + std::to_string(m.id) + ", \"name\": " + Json(m.name).dump() + ", \"color\": \"" +
            hex_color(m.color_rgb) + "\", \"family\": " + Json(m.family).dump() +
            ", \"density\": " + std::to_string(m.density_kg_m3) +
            ", \"fluid\": " + (m.fluid ? "true" : "false") + "}";
  }
  return text + (empty() ? "]\n" : "\n]\n");
}

const Material* Catalogue::find(MaterialId id) const {
  const auto at = std::lower_bound(materials_.begin(), materials_.end(), id,
                                   [](const Material& m, MaterialId key) { return m.id < key; });
  return at != materials_.end() && at->id == id ? &*at : nullptr;
}

const Material* Catalogue::find(std::string_view name) const {
  const auto at =
      std::find_if(materials_.begin(), materials_.end(), [&](const Material& m) { return m.name == name; });
  return at != materials_.end() ? &*at : nullptr;
}

std::string Catalogue::name_of(MaterialId id) const {
  const Material* m = find(id);
  return m != nullptr ? m->name : id_name(id);
}

std::uint32_t Catalogue::color_of(MaterialId id) const {
  const Material* m = find(id);
  return m != nullptr ? m->color_rgb : color_from_id(id);
}

Result<MaterialId> Catalogue::parse_material(std::string_view text) const {
  if (const Material* m = find(text)) return m->id;
  if (const auto id = parse_id(text)) return *id;
  if (text == "unknown") return kUnknown;
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '_', ' ');
  if (const Material* m = find(std::string_view(spaced))) return m->id;
  return invalid("no such material; give a name of the catalogue or an id from 0 to 65535, material=`" +
                 std::string(text) + "`");
}

FluidSet Catalogue::water() const {
  constexpr std::string_view kWater = "water";
  const auto letter = [](const std::string& name, std::size_t at) {
    return at < name.size() && std::isalpha(static_cast<unsigned char>(name[at])) != 0;
  };
  FluidSet out;
  for (const Material& m : materials_) {
    const std::size_t at = m.name.find(kWater);
    if (at == std::string::npos || letter(m.name, at + kWater.size()) || (at > 0 && letter(m.name, at - 1)))
      continue;
    out.set(m.id);
  }
  return out;
}

FluidSet Catalogue::fluids() const {
  FluidSet set;
  for (const Material& m : materials_) {
    if (m.fluid) set.set(m.id);
  }
  return set;
}

}  // namespace terrane
