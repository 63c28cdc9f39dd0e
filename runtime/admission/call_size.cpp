#include "runtime/admission/call_size.hpp"

#include <algorithm>
#include <string>

namespace weft {
namespace {

failure too_many_items(size_t items, uint32_t limit) {
  return {errc::too_many_items,
          "the call has " + std::to_string(items) + " texts, the limit is " + std::to_string(limit) +
              "; EmbedStream takes any number",
          {{"items", std::to_string(items)}, {"limit", std::to_string(limit)}}};
}

failure text_too_large(size_t item, size_t bytes, uint64_t limit) {
  return {errc::text_too_large,
          "text " + std::to_string(item) + " has " + std::to_string(bytes) + " bytes, the limit is " +
              std::to_string(limit),
          {{"item", std::to_string(item)}, {"bytes", std::to_string(bytes)}, {"limit", std::to_string(limit)}}};
}

failure call_too_large(uint64_t bytes, uint64_t limit) {
  return {errc::call_too_large,
          "the texts of the call have " + std::to_string(bytes) + " bytes together, the limit is " +
              std::to_string(limit),
          {{"bytes", std::to_string(bytes)}, {"limit", std::to_string(limit)}}};
}

} // namespace

result<uint64_t> measure_call(const embed_request& request, const call_limits& limits) {
  if (request.texts.empty())
    return failure{errc::empty_call, "the call has no texts"};
  if (request.texts.size() > limits.items_max)
    return too_many_items(request.texts.size(), limits.items_max);
  uint64_t bytes = 0;
  for (size_t item = 0; item < request.texts.size(); ++item) {
    auto size = request.texts[item].size();
    if (size > limits.text_bytes_max)
      return text_too_large(item, size, limits.text_bytes_max);
    bytes += size;
  }
  auto limit = std::min(limits.call_bytes_max, limits.bytes_max);
  if (bytes > limit)
    return call_too_large(bytes, limit);
  return bytes;
}

} // namespace weft
