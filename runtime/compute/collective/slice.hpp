#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace weft {

/// The part of `bytes` that belongs to a rank: whole values, sizes that differ by one value at most, in the order of
/// the ranks. With fewer values than ranks some parts are empty. Byte is std::byte or const std::byte.
template <class Byte>
std::span<Byte> slice_of(std::span<Byte> bytes, size_t value_bytes, uint32_t rank, uint32_t ranks) {
  const uint64_t values = bytes.size() / value_bytes;
  const uint64_t each = values / ranks;
  const uint64_t longer = values % ranks; // the first ranks have one value more
  const auto begin = [&](uint64_t r) { return (each * r + (r < longer ? r : longer)) * value_bytes; };
  return bytes.subspan(begin(rank), begin(rank + 1ULL) - begin(rank));
}

} // namespace weft
