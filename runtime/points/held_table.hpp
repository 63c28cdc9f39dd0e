#pragma once

#include "runtime/ports/engine.hpp"

#include <algorithm>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <utility>

namespace weft {

/// What an engine keeps of shared points between two pieces of work about them, as long as somebody else has the
/// points; of more than `count_max` the one that was used longest ago goes. Losing one costs time only. Belongs to the
/// engine's thread.
template <class Held> class held_table {
public:
  explicit held_table(size_t count_max) : count_max_(count_max) {}

  /// Lets go of what nobody can ask for any more.
  void sweep() {
    entries_.remove_if([](const entry& it) { return it.points.expired(); });
  }

  /// What is kept of these, out of the table: work that fails, however it does, leaves nothing half done in it.
  std::optional<Held> take(const shared_points_ptr& points) {
    const auto it = std::ranges::find_if(entries_, [&](const entry& each) { return is_of(each, points); });
    if (it == entries_.end())
      return std::nullopt;
    std::optional<Held> out{std::move(it->held)};
    entries_.erase(it);
    return out;
  }

  /// REQUIRES: nothing is kept of these.
  void put(const shared_points_ptr& points, Held held) {
    entries_.push_front({points, std::move(held)});
    if (entries_.size() > count_max_)
      entries_.pop_back();
  }

  /// Whether something went.
  bool erase_all() {
    const bool had = !entries_.empty();
    entries_.clear();
    return had;
  }

  size_t size() const noexcept { return entries_.size(); }

private:
  struct entry {
    std::weak_ptr<const shared_points> points;
    Held held;
  };

  /// By ownership: another object may come to lie where one has gone.
  static bool is_of(const entry& it, const shared_points_ptr& points) {
    return !it.points.owner_before(points) && !points.owner_before(it.points);
  }

  const size_t count_max_;
  std::list<entry> entries_; ///< the last one used first
};

} // namespace weft
