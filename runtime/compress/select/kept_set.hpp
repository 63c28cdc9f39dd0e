#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

namespace weft {

/// Units that are kept, with their neighbours: bits in levels of 64, each bit of a level saying that a word below has
/// one. All operations take one step a level: four for 16 million units.
class kept_set {
public:
  explicit kept_set(uint32_t units) {
    for (uint32_t words = units;;) {
      words = (words + 63) / 64;
      levels_.emplace_back(words > 0 ? words : 1);
      if (words <= 1)
        return;
    }
  }

  bool contains(uint32_t unit) const noexcept { return levels_[0][unit / 64] >> (unit % 64) & 1; }

  void insert(uint32_t unit) noexcept {
    for (auto& level : levels_) {
      level[unit / 64] |= uint64_t{1} << (unit % 64);
      unit /= 64;
    }
  }

  void erase(uint32_t unit) noexcept {
    for (auto& level : levels_) {
      level[unit / 64] &= ~(uint64_t{1} << (unit % 64));
      if (level[unit / 64] != 0)
        return;
      unit /= 64;
    }
  }

  /// The kept unit next below.
  std::optional<uint32_t> before(uint32_t unit) const noexcept {
    for (size_t i = 0; i < levels_.size(); ++i, unit /= 64)
      if (const uint64_t below = levels_[i][unit / 64] & ((uint64_t{1} << (unit % 64)) - 1)) {
        uint32_t found = unit / 64 * 64 + static_cast<uint32_t>(std::bit_width(below) - 1);
        while (i-- > 0)
          found = found * 64 + static_cast<uint32_t>(std::bit_width(levels_[i][found]) - 1);
        return found;
      }
    return std::nullopt;
  }

  /// The kept unit next above.
  std::optional<uint32_t> after(uint32_t unit) const noexcept {
    for (size_t i = 0; i < levels_.size(); ++i, unit /= 64)
      if (const uint64_t above = unit % 64 == 63 ? 0 : levels_[i][unit / 64] >> (unit % 64 + 1)) {
        uint32_t found = unit + 1 + static_cast<uint32_t>(std::countr_zero(above));
        while (i-- > 0)
          found = found * 64 + static_cast<uint32_t>(std::countr_zero(levels_[i][found]));
        return found;
      }
    return std::nullopt;
  }

private:
  std::vector<std::vector<uint64_t>> levels_; ///< from the units up
};

} // namespace weft
