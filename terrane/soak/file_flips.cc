#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "terrane/soak/lives.h"
#include "terrane/soak/outcome.h"
#include "terrane/soak/sample_store.h"
#include "terrane/store/engines.h"

namespace terrane::soak {
namespace {

namespace fs = std::filesystem;

std::string kind_of(const fs::path& file) {
  if (file.extension() == ".sst") return "tables";
  if (file.extension() == ".log") return "logs";
  const std::string name = file.filename();
  return name.substr(0, name.find('-'));  // MANIFEST, OPTIONS; CURRENT, IDENTITY, epoch
}

// Files that are not empty, by kind.
std::map<std::string, std::vector<fs::path>> files_of(const fs::path& store) {
  std::map<std::string, std::vector<fs::path>> out;
  for (const auto& entry : fs::recursive_directory_iterator(store)) {
    if (entry.is_regular_file() && entry.file_size() > 0) out[kind_of(entry.path())].push_back(entry.path());
  }
  for (auto& [kind, files] : out) std::sort(files.begin(), files.end());
  return out;
}

void flip(const fs::path& file, std::uint64_t at, unsigned bit) {
  std::fstream f(file, std::ios::binary | std::ios::in | std::ios::out);
  f.seekg(static_cast<std::streamoff>(at));
  const int byte = f.get();
  f.seekp(static_cast<std::streamoff>(at));
  f.put(static_cast<char>(static_cast<unsigned>(byte) ^ (1u << bit)));
}

// A store as a kill leaves it: tables, and a log with what came after them.
Result<Answers> make_store(const std::string& store, std::uint64_t seed, const std::string& scratch) {
  OpenOptions open;
  open.threads = 1;
  open.access = Access::kWrite;
  const Plan plan = seed % 2 == 0 ? small_plan(seed) : Plan{seed, {1100, 30, 20}, true};
  { TERRANE_ASSIGN(const Volume made, Volume::create(scratch, create_options(plan), open)); }
  TERRANE_ASSIGN(Volume volume, Volume::open(scratch, open));
  TERRANE_TRY(fill_sample(volume, plan, 12, [&] { return volume.compact(); }));
  copy_store(scratch, store);
  return Answers::of(volume);
}

class FileFlips {
 public:
  FileFlips(const Settings& settings, Outcome& outcome)
      : settings_(settings),
        outcome_(outcome),
        store_(settings.directory + "/store"),
        copy_(settings.directory + "/copy") {}

  void run() {
    const auto answers = make_store(store_, settings_.seed, settings_.directory + "/scratch");
    if (!answers) return outcome_.fail(answers.error().message);
    const auto files = files_of(store_);
    std::vector<std::string> kinds;
    kinds.reserve(files.size());
    for (const auto& [kind, some] : files) kinds.push_back(kind);
    for (std::uint64_t i = settings_.first; i < settings_.first + settings_.cycles; ++i) {
      Random random(mix(settings_.seed, i));
      // Half of them where the data are.
      const bool data = random.below(2) == 0;
      const std::string& kind =
          data ? (random.below(2) == 0 ? "tables" : "logs") : kinds[random.below(kinds.size())];
      const auto some = files.find(kind);
      if (some == files.end()) return outcome_.fail("the store has no " + kind);
      const fs::path& file = some->second[random.below(some->second.size())];
      const std::uint64_t at = random.below(fs::file_size(file));
      fs::remove_all(copy_);
      copy_store(store_, copy_);
      const fs::path target = copy_ / fs::relative(file, store_);
      // Of its own, not linked.
      fs::remove(target);
      fs::copy_file(file, target);
      flip(target, at, static_cast<unsigned>(random.below(8)));
      const std::string where =
          fmt::format("flip {} in {} at {} [again: {} file-flips --seed {} --first {} --cycles 1]", i,
                      file.filename().string(), at, settings_.command, settings_.seed, i);
      look(*answers, kind, i % 2 == 0 ? Access::kRead : Access::kWrite, where);
      if (outcome_.failures() > 0) return;
    }
  }

 private:
  void look(const Answers& answers, const std::string& kind, Access access, const std::string& where) {
    outcome_.add("flips");
    outcome_.add("in " + kind);
    OpenOptions open;
    open.executor = &here_;
    open.cache_bytes = 0;
    open.access = access;
    auto volume = Volume::open(copy_, open);
    if (!volume) return outcome_.add("found by open");
    const Answers::Verdict verdict = answers.ask(*volume, 0, Answers::kLevels);
    if (verdict.refused && !verdict.wrong) return outcome_.add("found by reads");
    const auto report = volume->verify();
    const bool found = !report || report->corrupt + report->missing > 0;
    if (verdict.wrong) {
      outcome_.add("wrong answers that verify explains", found ? 1 : 0);
      if (!found) outcome_.fail(where + ": a read gave another answer, and verify sees nothing");
      return;
    }
    outcome_.add(found ? "found by verify only" : "without effect");
  }

  const Settings& settings_;
  Outcome& outcome_;
  const std::string store_, copy_;
  InlineExecutor here_;
};

}  // namespace

Outcome check_file_flips(const Settings& settings) {
  Outcome outcome("file-flips");
  FileFlips(settings, outcome).run();
  return outcome;
}

}  // namespace terrane::soak
