#include "terrane/soak/outcome.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace terrane::soak {
namespace {

constexpr std::size_t kMostMessages = 20;

}  // namespace

void Outcome::add(std::string_view count, std::uint64_t n) {
  const auto found =
      std::find_if(counts_.begin(), counts_.end(), [&](const auto& entry) { return entry.first == count; });
  if (found == counts_.end()) {
    counts_.emplace_back(std::string(count), n);
  } else {
    found->second += n;
  }
}

std::uint64_t Outcome::count(std::string_view count) const {
  for (const auto& [name, n] : counts_) {
    if (name == count) return n;
  }
  return 0;
}

void Outcome::fail(std::string message) {
  ++failures_;
  if (messages_.size() < kMostMessages) messages_.push_back(std::move(message));
}

std::string Outcome::json() const {
  nlohmann::ordered_json out;
  out["check"] = check_;
  auto& counts = out["counts"] = nlohmann::ordered_json::object();
  for (const auto& [name, n] : counts_) counts[name] = n;
  out["failures"] = failures_;
  out["messages"] = messages_;
  if (!skipped_.empty()) out["skipped"] = skipped_;
  return out.dump();
}

}  // namespace terrane::soak
