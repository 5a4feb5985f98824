// The C++ side of benchmarks/compare, which calls it:
//
//   compare_cpp systems
//   compare_cpp ingest SYSTEM VOLUME.npy DIRECTORY
//   compare_cpp read SYSTEM VOLUME.npy DIRECTORY PLAN.json
//
// Prints JSON: the names of the systems it was built with, or what measure.h measures.
#include <cstdio>
#include <exception>
#include <fstream>

#include "benchmarks/compare_cpp/measure.h"

namespace terrane::compare {
namespace {

std::vector<std::unique_ptr<System>> all_systems() {
  std::vector<std::unique_ptr<System>> out;
  for (const char* policy : {"balanced", "fast", "archive"}) out.push_back(terrane_system(policy));
  out.push_back(rocksdb_system());
  out.push_back(mapped_system());
  if (auto openvdb = openvdb_system()) out.push_back(std::move(openvdb));
  return out;
}

Result<Json> run(const std::vector<std::string>& args) {
  const auto systems = all_systems();
  if (args.size() == 1 && args[0] == "systems") {
    Json names = Json::array();
    for (const auto& system : systems) names.push_back(system->name());
    return names;
  }
  const bool ingest = args.size() == 4 && args[0] == "ingest";
  if (!ingest && !(args.size() == 5 && args[0] == "read")) {
    return invalid(
        "usage: compare_cpp systems | ingest SYSTEM VOLUME.npy DIR | read SYSTEM VOLUME.npy DIR PLAN.json");
  }
  for (const auto& system : systems) {
    if (system->name() != args[1]) continue;
    if (ingest) return measure_ingest(*system, args[2], args[3]);
    std::ifstream file(args[4]);
    return measure_reads(*system, Json::parse(file), args[2], args[3]);
  }
  return invalid("no such system here; `compare_cpp systems` lists them; system=`" + args[1] + "`");
}

}  // namespace
}  // namespace terrane::compare

int main(int argc, char** argv) {
  try {
    const auto result = terrane::compare::run({argv + 1, argv + argc});
    if (!result) {
      std::fprintf(stderr, "compare_cpp: %s\n", result.error().message.c_str());
      return 1;
    }
    std::printf("%s\n", (*result).dump().c_str());
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "compare_cpp: %s\n", e.what());
    return 1;
  }
}
