#pragma once

#include "runtime/base/assert.hpp"
#include "runtime/base/errc.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace weft {

/// Why something did not work: a stable code, a message for people, and machine-readable details.
struct failure {
  errc code = errc::internal;
  std::string message;
  /// camelCase keys, as ErrorInfo wants them: {"item", "17"}, {"limit", "1024"}.
  std::vector<std::pair<std::string, std::string>> metadata{};
  /// When a retry may succeed (overload only).
  std::optional<std::chrono::milliseconds> retry_after{};
};

/// A value or a failure (C++20 has no std::expected, and runtime/ depends on no package).
template <class T> class [[nodiscard]] result {
public:
  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  result(failure reason) : state_(std::in_place_index<1>, std::move(reason)) {}

  explicit operator bool() const noexcept { return state_.index() == 0; }

  /// REQUIRES: holds a value.
  T& operator*() & {
    WEFT_ASSERT(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }
  const T& operator*() const& {
    WEFT_ASSERT(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }
  T&& operator*() && { return std::move(**this); }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }

  /// REQUIRES: holds a failure.
  failure& error() & {
    WEFT_ASSERT(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }
  const failure& error() const& {
    WEFT_ASSERT(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }

private:
  std::variant<T, failure> state_;
};

/// For operations without a value: `return ok;`.
using status = result<std::monostate>;
inline const status ok{std::monostate{}};

} // namespace weft
