#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "terrane/base/hash.h"
#include "terrane/store/engine.h"

// The one suite that every engine passes. An engine joins with an EngineUnderTest, see store_test.cc.

namespace terrane {

struct EngineUnderTest {
  using Open = std::function<Result<std::unique_ptr<Engine>>(const std::string& path)>;
  std::string name;
  Open create;           // at a path that does not exist yet
  Open reopen;           // what create() made and was closed; empty where it dies with the process
  Open open_checkpoint;  // what checkpoint() made
};

inline std::ostream& operator<<(std::ostream& out, const EngineUnderTest& under_test) {
  return out << under_test.name;
}

// An empty directory, gone with its owner.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  std::string path(const std::string& name = "") const { return root_ + "/" + name; }

 private:
  std::string root_;
};

// A unit's content as a test expects it: ordered as unsigned bytes, as std::string compares.
using Content = std::map<std::string, std::string>;

inline constexpr Unit kUnitA{1, 0, 7};
inline constexpr Unit kUnitB{1, 3, 8};

// The smallest and largest bounds, and keys and values that are not text.
inline const std::string kFirst{};
inline const std::string kLast(Batch::kMaxKeyBytes + 1, '\xff');
std::string test_key(std::uint64_t i);                               // in order of i
std::string test_value(std::uint64_t seed, std::size_t bytes = 40);  // incompressible

// All entries of a scan; a failure of the cursor is a failure of the test.
Content content(const Snapshot& snapshot, Unit unit = kUnitA, const std::string& begin = kFirst,
                const std::string& end = kLast);
Content content(const Engine& engine, Unit unit = kUnitA);

// EXPECTs that hold a result's message: EXPECT_TRUE(is_ok(engine.write(...))).
template <class R>
testing::AssertionResult is_ok(const R& result) {
  if (result.has_value()) return testing::AssertionSuccess();
  return testing::AssertionFailure() << name(result.error().code) << ": " << result.error().message;
}
template <class R>
testing::AssertionResult fails_with(const R& result, ErrorCode code) {
  if (result.has_value()) return testing::AssertionFailure() << "it succeeded";
  if (result.error().code == code) return testing::AssertionSuccess();
  return testing::AssertionFailure() << name(result.error().code) << ": " << result.error().message;
}

class EngineFixture : public testing::TestWithParam<EngineUnderTest> {
 protected:
  void SetUp() override;
  // Closes the engine and opens it again. Not for engines that cannot.
  void reopen();
  bool can_reopen() const { return static_cast<bool>(GetParam().reopen); }
  void put(const std::string& key, const std::string& value, Durability durability = Durability::kBuffered);
  std::optional<std::string> get(const std::string& key, Unit unit = kUnitA) const;

  ScratchDirectory scratch_;
  std::unique_ptr<Engine> engine_;
};

// The contract, its behaviour among threads, and under faults injected by a wrapper.
class EngineConformance : public EngineFixture {};
class EngineThreads : public EngineFixture {};
class EngineFaults : public EngineFixture {};

}  // namespace terrane
