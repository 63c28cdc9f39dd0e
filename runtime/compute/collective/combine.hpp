#pragma once

#include "runtime/ports/rank_link.hpp"

#include <cstddef>
#include <span>

namespace weft {

/// Bytes of one value.
constexpr size_t bytes_of(value_type type) noexcept {
  return type == value_type::int64 ? 8 : type == value_type::int32 ? 4 : 1;
}

/// into[i] = into[i] op from[i], for values of 4 or 8 bytes in the machine's order; need not be aligned. Sums wrap, so
/// the order in which ranks are combined does not matter.
/// REQUIRES: equal sizes, whole values; type is not bytes; the two do not overlap.
void combine(std::span<std::byte> into, std::span<const std::byte> from, value_type type, reduce_op op);

} // namespace weft
