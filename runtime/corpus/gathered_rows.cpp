#include "runtime/corpus/gathered_rows.hpp"

#include <algorithm>
#include <utility>

namespace weft {

void append_row(std::string& block, uint32_t item, std::span<const int8_t> point) {
  for (size_t i = 0; i < sizeof item; ++i)
    block.push_back(static_cast<char>(item >> 8 * i & 0xFF));
  block.append(reinterpret_cast<const char*>(point.data()), point.size());
}

result<item_rows> merge_rows(std::span<const std::string_view> blocks, uint32_t dimensions) {
  std::vector<std::pair<uint32_t, std::string_view>> rows;
  for (auto block : blocks) {
    if (block.size() % row_bytes(dimensions) != 0)
      return failure{errc::internal, "points that another rank sent are cut"};
    for (; !block.empty(); block.remove_prefix(row_bytes(dimensions))) {
      uint32_t item = 0;
      for (size_t i = 0; i < sizeof item; ++i)
        item |= uint32_t{static_cast<uint8_t>(block[i])} << 8 * i;
      rows.emplace_back(item, block.substr(sizeof item, dimensions));
    }
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  item_rows merged;
  merged.items.reserve(rows.size());
  merged.points.reserve(rows.size() * dimensions);
  for (const auto& [item, bytes] : rows) {
    merged.items.push_back(item);
    for (const char x : bytes)
      merged.points.push_back(static_cast<int8_t>(x));
  }
  return merged;
}

} // namespace weft
