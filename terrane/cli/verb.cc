#include "terrane/cli/verb.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "terrane/cli/parse.h"

namespace terrane::cli {

void StoreArguments::add_to(CLI::App& verb) {
  verb.add_option("STORE", store, "The store: a directory, or memory: for one that dies with the process")
      ->required();
  verb.add_option("--threads", threads, "Threads to work with; 0: as many as the machine has")
      ->type_name("N")
      ->check(CLI::Range(0, 1024));
  verb.add_option("--cache-bytes", cache_bytes, "Memory for decoded voxels, with K, M or G; 1G by default")
      ->type_name("N");
}

Result<OpenOptions> StoreArguments::open_options(Access access) const {
  OpenOptions options;
  options.access = access;
  options.threads = threads;
  TERRANE_ASSIGN(options.cache_bytes, parse_bytes("--cache-bytes", cache_bytes));
  return options;
}

Result<Volume> StoreArguments::open(Access access) const {
  TERRANE_ASSIGN(OpenOptions options, open_options(access));
  return Volume::open(store, options);
}

CLI::Validator whole_number(std::uint64_t most) {
  const auto check = [most](std::string& text) {
    std::uint64_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    const bool good = error == std::errc() && end == text.data() + text.size() && n <= most;
    return good ? std::string() : fmt::format("`{}` is not a whole number from 0 to {}", text, most);
  };
  return {check, "", "whole number"};
}

void PlaceArguments::add_to(CLI::App& verb, const std::string& what) {
  verb.add_option("POINT", point, what)->type_name("X,Y,Z");
  verb.add_option("--lonlat", lonlat, "Or a place: degrees, and metres above sea level")
      ->type_name("LON,LAT,ELEV");
}

Status PlaceArguments::check() const {
  if (point.empty() == lonlat.empty()) return invalid("give either a voxel X,Y,Z or --lonlat LON,LAT,ELEV");
  if (!point.empty()) {
    TERRANE_TRY(parse_point("X,Y,Z", point));
  } else {
    TERRANE_TRY(parse_geo_point("--lonlat", lonlat));
  }
  return ok();
}

Result<Coord> PlaceArguments::in(const World& world) const {
  if (!point.empty()) return parse_point("X,Y,Z", point);
  TERRANE_ASSIGN(const GeoPoint place, parse_geo_point("--lonlat", lonlat));
  return world.to_voxel(place);
}

void print_json(const Json& json) {
  fmt::print("{}\n", json.dump(2));
}

Json coord_json(Coord c) {
  return {c.x, c.y, c.z};
}

Json number_json(double value) {
  if (value == std::floor(value) && std::abs(value) < std::ldexp(1.0, 63))
    return static_cast<std::int64_t>(value);
  return value;
}

std::string store_name(const std::string& store) {
  std::filesystem::path path(store);
  if (!path.has_filename()) path = path.parent_path();
  const std::string stem = path.stem().string();
  return stem.empty() ? store : stem;
}

int exit_code(ErrorCode code) {
  return code == ErrorCode::kInvalid || code == ErrorCode::kNotFound ? 2 : 1;
}

std::string git_revision() {
  return TERRANE_REVISION;
}

std::string version_text() {
  const std::string revision = git_revision();
  return revision.empty() ? TERRANE_VERSION : TERRANE_VERSION " (" + revision + ")";
}

}  // namespace terrane::cli
