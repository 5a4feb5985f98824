#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace terrane {

// Errors are values. A Result<T> holds a T or an Error; a Status holds nothing or an Error. Both are
// [[nodiscard]]: an error can be handled or passed on, never dropped.
//
// The codes are coarse: a new one is added only when a caller would act differently on it. Messages are
// prescriptive: what is wrong, where, what to do; variables last, as key=`value`.
enum class ErrorCode : std::uint8_t {
  kInvalid = 1,      // The call is wrong. Fix it.
  kNotFound = 2,     // The store or file named does not exist.
  kMissing = 3,      // A key that must be there is not: data was lost. Verify, then repair.
  kCorrupt = 4,      // Stored bytes fail a check. Verify, then repair.
  kIo = 5,           // The engine or the operating system failed. Says nothing about what is stored.
  kLocked = 6,       // Another process writes this store.
  kConflict = 7,     // Something changed under us, or an unfinished ingest is in the way.
  kIncomplete = 8,   // The part asked for is not finished. Continue the ingest, or allow incomplete reads.
  kUnsupported = 9,  // Written by a newer format, or a codec that this build lacks.
  kExhausted = 10,   // A stated limit was reached.
  kCancelled = 11,   // The caller asked to stop, or the deadline passed.
  kInternal = 12,    // A bug in terrane.
};

std::string_view name(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
};

// Thrown only by value(), for callers who prefer exceptions.
class BadResult : public std::exception {
 public:
  explicit BadResult(Error error) : error_(std::move(error)) {}
  const char* what() const noexcept override { return error_.message.c_str(); }
  const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  T value() && {
    if (!has_value()) throw BadResult(std::get<1>(std::move(state_)));
    return std::get<0>(std::move(state_));
  }
  T& value() & {
    if (!has_value()) throw BadResult(std::get<1>(state_));
    return std::get<0>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}  // NOLINT

  bool has_value() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }
  const Error& error() const& { return *error_; }
  Error&& error() && { return *std::move(error_); }
  void value() const {
    if (error_) throw BadResult(*error_);
  }

 private:
  std::optional<Error> error_;
};

inline Status ok() {
  return {};
}

inline Error invalid(std::string message) {
  return {ErrorCode::kInvalid, std::move(message)};
}
inline Error corrupt(std::string message) {
  return {ErrorCode::kCorrupt, std::move(message)};
}
inline Error missing(std::string message) {
  return {ErrorCode::kMissing, std::move(message)};
}
inline Error internal(std::string message) {
  return {ErrorCode::kInternal, std::move(message)};
}

}  // namespace terrane

#define TERRANE_CAT_(a, b) a##b
#define TERRANE_CAT(a, b) TERRANE_CAT_(a, b)

// Passes an error on to the caller: TERRANE_TRY(engine.write(batch));
#define TERRANE_TRY(expr)                                                         \
  do {                                                                            \
    if (auto terrane_s = (expr); !terrane_s) return std::move(terrane_s).error(); \
  } while (false)

// TERRANE_ASSIGN(auto brick, reader.read(id));
#define TERRANE_ASSIGN(decl, expr) TERRANE_ASSIGN_(TERRANE_CAT(terrane_r_, __COUNTER__), decl, expr)
#define TERRANE_ASSIGN_(tmp, decl, expr)   \
  auto tmp = (expr);                       \
  if (!tmp) return std::move(tmp).error(); \
  decl = *std::move(tmp)
