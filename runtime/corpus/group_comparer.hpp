#pragma once

#include "runtime/corpus/corpus_engine.hpp"
#include "runtime/corpus/duplicate_leaders.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace weft {

/// From so many items on a group is worth the way to an engine: about 5 ms of a CPU's core.
inline constexpr size_t engine_group_items_min = 1'024;

/// Finds the near duplicates of groups: large ones by the node's engines, several at once, the others on this thread.
/// An engine that fails, or answers what cannot be, is not asked again, and this thread compares in its place; the bits
/// are the same.
class group_comparer {
public:
  group_comparer(std::vector<corpus_engine> engines, uint32_t dimensions, uint32_t similarity)
      : dimensions_(dimensions), similarity_(similarity), engines_(std::move(engines)) {}

  void add(item_rows rows);
  /// Of all groups that were added since the last call; waits for engines.
  std::vector<near_duplicate> take();

private:
  struct waiting_group {
    std::shared_ptr<const item_rows> rows;
    size_t engine = 0;
    engine_answer answer;
  };

  void finish_oldest();
  void keep(const std::vector<near_duplicate>& some) { found_.insert(found_.end(), some.begin(), some.end()); }

  uint32_t dimensions_;
  uint32_t similarity_;
  std::vector<corpus_engine> engines_; ///< null: it has failed
  size_t next_ = 0;                    ///< engine
  std::deque<waiting_group> waiting_;
  std::vector<near_duplicate> found_;
};

} // namespace weft
