#include "runtime/compute/model/json.hpp"

#include <charconv>
#include <cmath>

namespace weft {

json_value::json_value(const json_value&) = default;
json_value::json_value(json_value&&) noexcept = default;
json_value& json_value::operator=(const json_value&) = default;
json_value& json_value::operator=(json_value&&) noexcept = default;
json_value::~json_value() = default;

const json_value* json_value::find(std::string_view key) const noexcept {
  const auto* members = get_if<object>();
  if (!members)
    return nullptr;
  const auto found = members->find(key);
  return found == members->end() ? nullptr : &found->second;
}

std::optional<uint64_t> json_value::as_unsigned() const noexcept {
  const auto* n = get_if<number>();
  if (!n)
    return std::nullopt;
  uint64_t value = 0;
  const char* end = n->text.data() + n->text.size();
  const auto [stopped, error] = std::from_chars(n->text.data(), end, value);
  if (error != std::errc{} || stopped != end)
    return std::nullopt;
  return value;
}

std::optional<double> json_value::as_double() const noexcept {
  const auto* n = get_if<number>();
  if (!n)
    return std::nullopt;
  double value = 0;
  const char* end = n->text.data() + n->text.size();
  const auto [stopped, error] = std::from_chars(n->text.data(), end, value);
  if (error != std::errc{} || stopped != end || !std::isfinite(value))
    return std::nullopt;
  return value;
}

} // namespace weft
