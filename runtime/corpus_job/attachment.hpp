#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/job_segment.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// What a job keeps beside the segments of its items. Checkpoints go into two places in turn: while one is written the
/// other is whole.
enum class attached_kind : uint8_t { outcome, checkpoint_a, checkpoint_b };
inline constexpr uint32_t attached_kinds = 3;

/// An attachment is kept as segments of its job whose index is beyond those of items (attached_first): placed, copied,
/// repaired and removed as they are.
inline constexpr uint32_t attached_parts_max = 128;
inline constexpr size_t attached_part_bytes = 1 << 20;

/// REQUIRES: part < attached_parts_max.
constexpr uint32_t attached_index(attached_kind kind, uint32_t part) noexcept {
  return attached_first + static_cast<uint32_t>(kind) * attached_parts_max + part;
}
/// Nothing: no part of an attachment has this index.
struct attached_place {
  attached_kind kind = attached_kind::outcome;
  uint32_t part = 0;

  bool operator==(const attached_place&) const = default;
};
constexpr std::optional<attached_place> attached_at(uint32_t segment) noexcept {
  if (segment < attached_first || segment >= attached_first + attached_kinds * attached_parts_max)
    return std::nullopt;
  const uint32_t place = segment - attached_first;
  return attached_place{static_cast<attached_kind>(place / attached_parts_max), place % attached_parts_max};
}

/// Of a part as its record tells it: of how many parts the whole is, and a hash of the whole. Parts belong together
/// that have the same: one that another generation has replaced by the same bytes is as good.
constexpr uint64_t whole_of(uint32_t parts, uint64_t hash) noexcept {
  return (hash & ~uint64_t{0xFF}) | parts;
}
constexpr uint32_t parts_in(uint64_t whole) noexcept {
  return static_cast<uint32_t>(whole & 0xFF);
}
static_assert(attached_parts_max <= 0xFF);

/// Generations rise: of two forms of a part the greater counts (segment_meta::first_item has it). An epoch has 2^24.
inline constexpr uint64_t generations_of_epoch = 1ULL << 24;
/// Epochs of corpus jobs, so that a generation fits; nobody comes near.
inline constexpr uint64_t corpus_epoch_max = 1ULL << 38;
constexpr uint64_t generation_of(uint64_t epoch, uint32_t number) noexcept {
  return epoch * generations_of_epoch + number;
}

/// One part as it is read.
struct attached_part {
  uint64_t generation = 0;
  uint32_t part = 0;
  uint32_t parts = 0;
  uint64_t hash = 0; ///< of the whole
  std::string_view bytes;
};

/// The parts of an attachment as bodies of segments, each with enough to know what it belongs to. errc::too_many_items:
/// more than attached_parts_max parts.
result<std::vector<std::string>> cut_attachment(attached_kind kind, uint64_t generation, std::string_view bytes);

/// errc::state_damaged. The part points into `body`.
result<attached_part> read_attached_part(attached_kind kind, std::string_view body);

/// The whole again. errc::state_damaged: a part is missing, of something else, or changed. bodies: part 0, 1, … in this
/// order; of several generations only where all have the same bytes.
struct attachment {
  uint64_t generation = 0; ///< the greatest of its parts
  std::string bytes;
};
result<attachment> join_attachment(attached_kind kind, std::span<const std::string> bodies);

} // namespace weft
