#include "runtime/job/identity.hpp"

#include <optional>
#include <utility>
#include <xxhash.h>

namespace weft {
namespace {

void put(std::string& out, uint64_t number) {
  for (int i = 0; i < 8; ++i)
    out += static_cast<char>(number >> (8 * i) & 0xFF);
}

void put(std::string& out, std::string_view text) {
  put(out, text.size());
  out += text;
}

std::string canonical(const result_kind_parts& parts) {
  std::string out;
  put(out, parts.operation);
  put(out, parts.model);
  put(out, parts.model_version);
  put(out, to_string(parts.precision)); // the name: numbers of enums may change between releases
  put(out, parts.parameters);
  put(out, parts.scope);
  put(out, parts.generation);
  return out;
}

std::optional<uint64_t> take_number(std::string_view& from) {
  if (from.size() < 8)
    return std::nullopt;
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i)
    number |= uint64_t{static_cast<uint8_t>(from[i])} << (8 * i);
  from.remove_prefix(8);
  return number;
}

bool take_text(std::string_view& from, std::string& text) {
  const auto size = take_number(from);
  if (!size || *size > from.size())
    return false;
  text = from.substr(0, *size);
  from.remove_prefix(*size);
  return true;
}

} // namespace

result_kind_ptr parse_kind(std::string_view bytes) {
  result_kind_parts parts;
  std::string precision;
  const std::string_view all = bytes;
  if (!take_text(bytes, parts.operation) || !take_text(bytes, parts.model) || !take_text(bytes, parts.model_version) ||
      !take_text(bytes, precision) || !take_text(bytes, parts.parameters) || !take_text(bytes, parts.scope))
    return nullptr;
  const auto generation = take_number(bytes);
  if (!generation)
    return nullptr;
  parts.generation = *generation;
  for (auto known : numeric_classes)
    if (to_string(known) == precision)
      parts.precision = known;
  auto kind = std::make_shared<const result_kind>(std::move(parts));
  return kind->bytes() == all ? kind : nullptr; // also refuses what is left over and unknown numeric classes
}

result_kind::result_kind(result_kind_parts parts)
    : parts_(std::move(parts)), bytes_(canonical(parts_)), seed_(XXH3_64bits(bytes_.data(), bytes_.size())) {}

cache_key key_of(const result_kind& kind, std::string_view text) noexcept {
  const auto hash = XXH3_128bits_withSeed(text.data(), text.size(), kind.seed());
  return {hash.high64, hash.low64};
}

bool same(const identity& a, const identity& b) noexcept {
  return a.text == b.text && (a.kind == b.kind || a.kind->bytes() == b.kind->bytes());
}

} // namespace weft
