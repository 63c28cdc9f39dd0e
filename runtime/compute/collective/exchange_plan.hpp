#pragma once

#include "runtime/compute/collective/verb_call.hpp"
#include "runtime/ports/collective.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace weft {

/// What one rank sends to each other rank in a verb, and what it gets from each, as places in the verb's buffers. A
/// verb has two halves: in the first, values go to the rank that reduces or spreads them; in the second, which a rank
/// begins when its first is complete, results go to everyone. No entry: nothing is exchanged; an empty place: one empty
/// piece, which says that a rank has come.
struct exchange_plan {
  struct half {
    std::vector<std::optional<std::span<const std::byte>>> send; // [ranks]
    std::vector<std::optional<std::span<std::byte>>> receive;    // [ranks]
  };

  verb_key key;
  std::array<half, 2> halves;

  /// What comes in the first half is combined with what is there, not copied.
  bool combines() const noexcept { return key.type != value_type::bytes; }
};

/// Does what a rank does alone (copying its own part to its place), and plans the rest. Each pair of ranks exchanges
/// something in the first exchange of every verb, so that each learns what the other called, and no rank gets more than
/// one verb ahead of another.
exchange_plan plan_exchange(const collective_group& group, const verb_call& call);

} // namespace weft
