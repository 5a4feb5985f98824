// The processes that are killed, and whose disks fail: terrane_soak starts them.

#include <cstdio>
#include <filesystem>
#include <string_view>

#include "terrane/soak/children.h"
#include "terrane/soak/disk.h"
#include "terrane/store/engines.h"

namespace terrane::soak {

int complain(const std::string& what) {
  std::fprintf(stderr, "terrane_soak_child: %s\n", what.c_str());
  return 1;
}

void start_disk_of(const Words& words) {
  DiskPlan plan;
  plan.root = words.text("root");
  if (plan.root.empty()) return;
  plan.attic = words.text("attic");
  plan.fail_at = words.number("fail");
  plan.sticky = words.number("sticky") != 0;
  if (const std::uint64_t error = words.number("error"); error != 0) plan.error = static_cast<int>(error);
  plan.cut_at = words.number("cut");
  plan.strict_names = words.number("strict") != 0;
  plan.ignore_log_syncs = words.text("plant") == "no-sync";
  plan.seed = words.number("tear");
  start_disk(plan);
}

Result<Volume> open_or_create(const std::string& path, CreateOptions create, OpenOptions open, bool small) {
  std::error_code error;
  open.access = Access::kWrite;
  if (!std::filesystem::exists(path, error)) return Volume::create(path, std::move(create), open);
  if (!small) return Volume::open(path, open);
  const RocksEngineOptions often{.block_cache_bytes = 1 << 20, .write_buffer_bytes = 64 << 10};
  TERRANE_ASSIGN(auto engine, open_rocks_engine(path + "/db", EngineMode::kWrite, often));
  return Volume::open_on(std::move(engine), open);
}

}  // namespace terrane::soak

int main(int count, char** words) {
  using namespace terrane::soak;
  const std::string_view what = count > 1 ? words[1] : "";
  const Words given(count, words);
  start_disk_of(given);
  if (what == "edits") return edit_for_ever(given);
  if (what == "work") return work_once(given);
  if (what == "serve") return serve(given);
  if (what == "look") return look_on(given);
  if (what == "ingest") return ingest(given);
  return complain("edits, work, serve, look or ingest?");
}
