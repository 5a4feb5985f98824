#include <fmt/format.h>

#include <memory>

#include "terrane/cli/text.h"
#include "terrane/cli/verb.h"

namespace terrane::cli {

namespace {

Status run(const StoreArguments& store) {
  TERRANE_ASSIGN(Volume volume, store.open(Access::kWrite));
  TERRANE_ASSIGN(const VolumeInfo before, volume.info());
  TERRANE_TRY(volume.compact());
  TERRANE_ASSIGN(const VolumeInfo after, volume.info());
  fmt::print("on disk  {} -> {}, stored {}\n", bytes_text(static_cast<double>(before.disk_bytes)),
             bytes_text(static_cast<double>(after.disk_bytes)),
             bytes_text(static_cast<double>(after.stored_bytes)));
  return ok();
}

}  // namespace

Verb compact_verb(CLI::App& app) {
  auto a = std::make_shared<StoreArguments>();
  CLI::App* verb = app.add_subcommand("compact", "Give back the room of what was replaced");
  a->add_to(*verb);
  verb->footer("Example\n  terrane compact earth.terrane");
  return {verb, [a](const std::stop_token&) { return run(*a); }};
}

}  // namespace terrane::cli
