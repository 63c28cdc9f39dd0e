#include "runtime/compute/collective/combine.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace weft {
namespace {

template <class T> T wrapping_sum(T a, T b) {
  using bits = std::make_unsigned_t<T>;
  return static_cast<T>(static_cast<bits>(a) + static_cast<bits>(b));
}

template <class T, class Op> void combine_each(std::byte* into, const std::byte* from, size_t values, Op op) {
  for (size_t i = 0; i < values; ++i) {
    T a, b; // copied, as payloads of frames may lie anywhere; compilers make plain loads of it
    std::memcpy(&a, into + i * sizeof(T), sizeof(T));
    std::memcpy(&b, from + i * sizeof(T), sizeof(T));
    a = op(a, b);
    std::memcpy(into + i * sizeof(T), &a, sizeof(T));
  }
}

template <class T> void combine_as(std::span<std::byte> into, const std::byte* from, reduce_op op) {
  const size_t values = into.size() / sizeof(T);
  switch (op) {
  case reduce_op::sum:
    return combine_each<T>(into.data(), from, values, [](T a, T b) { return wrapping_sum(a, b); });
  case reduce_op::minimum:
    return combine_each<T>(into.data(), from, values, [](T a, T b) { return std::min(a, b); });
  case reduce_op::maximum:
    return combine_each<T>(into.data(), from, values, [](T a, T b) { return std::max(a, b); });
  }
}

} // namespace

void combine(std::span<std::byte> into, std::span<const std::byte> from, value_type type, reduce_op op) {
  WEFT_ASSERT(into.size() == from.size());
  WEFT_ASSERT(type != value_type::bytes);
  WEFT_ASSERT(into.size() % bytes_of(type) == 0);
  if (type == value_type::int64)
    combine_as<int64_t>(into, from.data(), op);
  else
    combine_as<int32_t>(into, from.data(), op);
}

} // namespace weft
