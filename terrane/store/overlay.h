#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "terrane/store/engine.h"

namespace terrane {

// Changes laid over a state of an engine: which keys they put, which they took away. Changed by one thread;
// afterwards any number may read.
class Overlay {
 public:
  using Place = std::pair<Unit, std::string>;  // ordered as the engine orders keys
  using Points = std::map<Place, std::optional<std::string>>;

  // As Engine::Traits says of the engine below.
  explicit Overlay(bool one_keyspace) : one_keyspace_(one_keyspace) {}

  // A put, erase or erase_range, over those before it.
  void apply(const Batch::Op& op);

  // What became of one key; nullopt: it is as it is below, an empty optional: it is not there.
  std::optional<std::optional<std::string>> find(Unit unit, std::string_view key) const;
  // The end of what was erased around a key; nullopt where that was not, as far as ranges say.
  std::optional<std::string> erased_until(Unit unit, std::string_view key) const;
  Place place(Unit unit, std::string_view key) const {
    return {one_keyspace_ ? Unit{} : unit, std::string(key)};
  }
  const Points& points() const { return points_; }

 private:
  void erase_range(Place begin, Place end);

  bool one_keyspace_;
  Points points_;                  // the last word on single keys
  std::map<Place, Place> erased_;  // begin and end of ranges that do not meet; of what is below, all is gone
};

// The state that `overlay` makes of the one below; of the same version.
std::shared_ptr<const Snapshot> lay_over(std::shared_ptr<const Snapshot> below,
                                         std::shared_ptr<const Overlay> overlay);

}  // namespace terrane
