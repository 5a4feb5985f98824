#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "terrane/cli/interrupt.h"
#include "terrane/cli/verb.h"

namespace {

using namespace terrane;
using namespace terrane::cli;

constexpr int kFailed = 1, kBadCall = 2;

// "-180,-90,0" is a value, not the option "-1". A blank in front says so; the parsers skip it.
std::vector<std::string> arguments(int argc, char** argv) {
  std::vector<std::string> out;
  for (int i = argc - 1; i > 0; --i) {
    std::string argument = argv[i];
    const bool numeric = argument.find_first_not_of("-+0123456789.,:eE") == std::string::npos;
    if (argument.size() > 1 && argument[0] == '-' && argument[1] != '-' && numeric)
      argument.insert(0, 1, ' ');
    out.push_back(std::move(argument));
  }
  return out;  // the last one first, as CLI11 takes them
}

int complain(const std::string& message, int code) {
  fmt::print(stderr, "terrane: {}\n", message);
  return code;
}

std::string chosen_verb(const CLI::App& app) {
  std::string name;
  for (const CLI::App* verb = &app; !verb->get_subcommands().empty();) {
    verb = verb->get_subcommands().front();
    name += " " + verb->get_name();
  }
  return name;
}

int run(CLI::App& app, const std::vector<Verb>& verbs, const std::stop_token& stop) {
  for (const Verb& verb : verbs) {
    if (!verb.app->parsed()) continue;
    if (const Status status = verb.run(stop); !status) {
      const Error& error = status.error();
      const bool incomplete = error.code == ErrorCode::kIncomplete;
      return complain(error.message + (incomplete ? " (--allow-incomplete)" : ""), exit_code(error.code));
    }
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      return complain(std::string("cannot write to standard output: ") + std::strerror(errno), kFailed);
    }
    return 0;
  }
  return complain("a verb is wanted; see terrane" + chosen_verb(app) + " --help", kBadCall);
}

int command_line(int argc, char** argv) {
  CLI::App app("A store for a whole planet in voxels", "terrane");
  app.set_version_flag("--version", "terrane " + version_text());
  app.require_subcommand(0, 1);
  app.footer(
      "Examples and all options of a verb: terrane VERB --help\n"
      "Exit status: 0 fine, 1 failed, 2 a bad call.");
  CLI::App* bench = app.add_subcommand("bench", "Measure this machine with a store, or codecs with a volume");
  bench->require_subcommand(0, 1);
  const std::vector<Verb> verbs = {create_verb(app),
                                   ingest_verb(app),
                                   read_verb(app),
                                   export_verb(app),
                                   at_verb(app),
                                   info_verb(app),
                                   verify_verb(app),
                                   compact_verb(app),
                                   render_verb(app),
                                   explain_verb(app),
                                   analyze_verb(app),
                                   histogram_verb(app),
                                   edit_verb(app),
                                   fold_verb(app),
                                   events_verb(app),
                                   report_verb(app),
                                   bench_store_verb(*bench),
                                   bench_codecs_verb(*bench)};
  const Interrupt interrupt;
  try {
    app.parse(arguments(argc, argv));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return complain(fmt::format("{}; see terrane{} --help", error.what(), chosen_verb(app)), kBadCall);
  }
  return run(app, verbs, interrupt.token());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return command_line(argc, argv);
  } catch (const std::exception& error) {
    return complain(error.what(), kFailed);
  }
}
