#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weft {

/// A JSON value (RFC 8259). Objects are ordered by key; numbers keep their text, so that no 64-bit integer loses
/// digits.
class json_value {
public:
  struct null {};
  struct number {
    std::string text;
  };
  using array = std::vector<json_value>;
  using object = std::map<std::string, json_value, std::less<>>;

  template <class T> json_value(T value) : state_(std::move(value)) {}

  // Out of line: where g++ 12 inlines them into the parser it warns of members that are never read.
  json_value(const json_value&);
  json_value(json_value&&) noexcept;
  json_value& operator=(const json_value&);
  json_value& operator=(json_value&&) noexcept;
  ~json_value();

  /// The value as T (null, bool, number, std::string, array, object), or null when it is something else.
  template <class T> const T* get_if() const noexcept { return std::get_if<T>(&state_); }

  /// A member of an object; null when this is no object or has no such member.
  const json_value* find(std::string_view key) const noexcept;

  /// An integer from 0 to 2^64 − 1 without fraction or exponent.
  std::optional<uint64_t> as_unsigned() const noexcept;

  /// Any number that fits a double.
  std::optional<double> as_double() const noexcept;

private:
  std::variant<null, bool, number, std::string, array, object> state_;
};

/// Reads one JSON document and nothing after it but white space. Strict: valid UTF-8, no duplicate keys, no trailing
/// commas, at most 32 levels deep and 1 000 000 values. Fails with errc::invalid_argument; the message gives the byte.
result<json_value> parse_json(std::string_view text);

} // namespace weft
