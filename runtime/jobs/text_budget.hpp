#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace weft {

/// Texts that have room together: each at most as long as was asked for, and where they are more than the budget all
/// together, the longest are cut to one length, the greatest that has room. The same whatever order they come in.
/// Memory: twice the budget. Not thread-safe.
class text_budget {
public:
  explicit text_budget(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// at_most: bytes of it. REQUIRES: the item is new.
  void add(uint64_t item, std::string text, size_t at_most);
  /// Those that were cut end with cut_mark, between two characters.
  std::map<uint64_t, std::string> take();

private:
  struct entry {
    std::string text;
    size_t counted = 0; ///< bytes: min(its own, at_most, level_)
    bool is_cut = false;
  };
  void cut(entry& it, size_t bytes);
  void lower_level();

  const uint64_t bytes_max_;
  uint64_t bytes_ = 0;
  size_t level_ = SIZE_MAX; ///< no text is longer; never below what take() cuts to
  std::map<uint64_t, entry> texts_;
};

} // namespace weft
