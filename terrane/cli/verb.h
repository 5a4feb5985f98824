#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>

#include "terrane/base/status.h"
#include "terrane/volume/volume.h"

namespace terrane::cli {

// A verb of the command line: its options, and what it does once they are parsed. `run` keeps the parsed
// options alive. It writes data to stdout and nothing else; what fails is returned, and main prints it.
struct Verb {
  CLI::App* app = nullptr;
  std::function<Status(std::stop_token)> run;
};

Verb create_verb(CLI::App& app);
Verb ingest_verb(CLI::App& app);
Verb read_verb(CLI::App& app);
Verb export_verb(CLI::App& app);
Verb at_verb(CLI::App& app);
Verb info_verb(CLI::App& app);
Verb verify_verb(CLI::App& app);
Verb compact_verb(CLI::App& app);
Verb edit_verb(CLI::App& app);
Verb fold_verb(CLI::App& app);
Verb events_verb(CLI::App& app);
Verb render_verb(CLI::App& app);
Verb explain_verb(CLI::App& app);
Verb analyze_verb(CLI::App& app);
Verb histogram_verb(CLI::App& app);
Verb report_verb(CLI::App& app);
// `app` is the verb "bench", whose subcommand this is.
Verb bench_store_verb(CLI::App& app);
Verb bench_codecs_verb(CLI::App& app);  // of the same

// What every verb that opens a store takes: STORE, --threads, --cache-bytes.
struct StoreArguments {
  std::string store;
  std::size_t threads = 0;
  std::string cache_bytes = "1G";

  void add_to(CLI::App& verb);
  Result<OpenOptions> open_options(Access access) const;
  Result<Volume> open(Access access) const;
};

// The check of an option that is a whole number: CLI11 by itself takes "-5" for one without a sign.
CLI::Validator whole_number(std::uint64_t most);
inline constexpr std::uint64_t kMostTimed =
    10'000'000;  // reads of one kind that are timed: their places are kept
inline constexpr std::uint64_t kMostCounted = std::uint64_t{1} << 53;

// What every verb that asks for one place takes: X,Y,Z, or --lonlat.
struct PlaceArguments {
  std::string point, lonlat;

  void add_to(CLI::App& verb, const std::string& what);
  // That there is one and that it reads as one, before the store is opened.
  Status check() const;
  Result<Coord> in(const World& world) const;
};

// Keys in the order in which they are written.
using Json = nlohmann::ordered_json;
// To stdout, with a line end. Numbers, boxes and points have the forms of docs/CLI.md.
void print_json(const Json& json);
Json coord_json(Coord c);        // [x, y, z]
Json number_json(double value);  // a whole number where it is one below 2^63

// "z" of "/data/z.terrane/": what a picture is called.
std::string store_name(const std::string& store);

// 0 fine, 1 failed, 2 a bad call.
int exit_code(ErrorCode code);

// "0.1.0 (3f27fc8)".
std::string version_text();
std::string git_revision();

}  // namespace terrane::cli
