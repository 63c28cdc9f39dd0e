#pragma once

#include "runtime/base/assert.hpp"
#include "runtime/ports/rank_link.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace weft {

/// One verb as an implementation sees it: bytes in, bytes out. In place (all_reduce, broadcast): in is empty and out
/// holds the values.
struct verb_call {
  verb_key key;
  std::span<const std::byte> in;
  std::span<std::byte> out;
};

/// Whether two ranges of memory have a byte in common.
inline bool overlap(std::span<const std::byte> a, std::span<const std::byte> b) {
  const std::less<const std::byte*> before;
  return !a.empty() && !b.empty() && before(a.data(), b.data() + b.size()) && before(b.data(), a.data() + a.size());
}

/// The verbs of the port as calls; each checks what the port REQUIRES.

inline verb_call all_reduce_call(std::span<int64_t> values, reduce_op op) {
  return {{.verb = collective_verb::all_reduce, .type = value_type::int64, .op = op, .bytes = values.size_bytes()},
          {},
          std::as_writable_bytes(values)};
}

inline verb_call all_reduce_call(std::span<int32_t> values, reduce_op op) {
  return {{.verb = collective_verb::all_reduce, .type = value_type::int32, .op = op, .bytes = values.size_bytes()},
          {},
          std::as_writable_bytes(values)};
}

inline verb_call all_gather_call(std::span<const std::byte> mine, std::span<std::byte> all, uint32_t ranks) {
  WEFT_ASSERT(all.size() == ranks * mine.size());
  return {{.verb = collective_verb::all_gather, .bytes = mine.size()}, mine, all};
}

inline verb_call broadcast_call(std::span<std::byte> bytes, uint32_t root, uint32_t ranks) {
  WEFT_ASSERT(root < ranks);
  return {{.verb = collective_verb::broadcast, .root = root, .bytes = bytes.size()}, {}, bytes};
}

inline verb_call reduce_scatter_call(std::span<const int64_t> values, std::span<int64_t> mine, reduce_op op,
                                     uint32_t ranks) {
  WEFT_ASSERT(values.size() == ranks * mine.size());
  WEFT_ASSERT(!overlap(std::as_bytes(values), std::as_bytes(mine)));
  return {{.verb = collective_verb::reduce_scatter, .type = value_type::int64, .op = op, .bytes = values.size_bytes()},
          std::as_bytes(values),
          std::as_writable_bytes(mine)};
}

inline verb_call barrier_call() {
  return {{.verb = collective_verb::barrier}, {}, {}};
}

} // namespace weft
