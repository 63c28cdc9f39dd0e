#include "runtime/job/identity.hpp"

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

} // namespace

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
