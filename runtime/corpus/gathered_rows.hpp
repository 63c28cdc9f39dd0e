#pragma once

#include "runtime/corpus/corpus_group.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Points that leave their rank, with their items.
struct item_rows {
  std::vector<uint32_t> items; ///< ascending
  std::vector<int8_t> points;  ///< [items, dimensions]
};

/// Bytes of one item that travels.
constexpr uint64_t row_bytes(uint32_t dimensions) noexcept {
  return sizeof(uint32_t) + uint64_t{dimensions};
}

/// Appends one item to a block that is going to travel.
void append_row(std::string& block, uint32_t item, std::span<const int8_t> point);

/// What append_row() wrote, of several ranks, as one set in the order of the items. errc::internal: a block is cut.
result<item_rows> merge_rows(std::span<const std::string_view> blocks, uint32_t dimensions);

} // namespace weft
