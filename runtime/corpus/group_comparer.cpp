#include "runtime/corpus/group_comparer.hpp"

#include <utility>

namespace weft {

namespace {

/// Groups that wait at each engine: one that it compares, and the next ones on their way.
constexpr size_t groups_an_engine = 4;

/// Whether find_leaders() could have answered this: each is led by a kept row before it.
bool is_possible(const leaders_output& found, size_t rows) {
  const auto& leaders = found.leaders;
  if (leaders.size() != rows)
    return false;
  for (size_t i = 0; i < rows; ++i)
    if (leaders[i] != kept_itself && (leaders[i] >= i || leaders[leaders[i]] != kept_itself))
      return false;
  return true;
}

} // namespace

void group_comparer::add(item_rows rows) {
  const bool is_large = rows.items.size() >= engine_group_items_min && rows.items.size() <= leader_points_max;
  size_t tries = is_large ? engines_.size() : 0;
  for (; tries > 0 && !engines_[next_ % engines_.size()]; --tries)
    ++next_;
  if (tries == 0)
    return keep(find_duplicates(rows, dimensions_, similarity_));
  while (waiting_.size() >= groups_an_engine * engines_.size())
    finish_oldest();
  const size_t engine = next_++ % engines_.size();
  auto held = std::make_shared<const item_rows>(std::move(rows));
  if (!engines_[engine]) // it has failed with what waited
    return keep(find_duplicates(*held, dimensions_, similarity_));
  auto points = std::make_shared<const shared_points>(shared_points{dimensions_, held->points, held});
  waiting_.push_back({std::move(held), engine, engines_[engine](leaders_work{std::move(points), similarity_})});
}

void group_comparer::finish_oldest() {
  const auto group = std::move(waiting_.front());
  waiting_.pop_front();
  if (!engines_[group.engine]) // it has failed at one before
    return keep(find_duplicates(*group.rows, dimensions_, similarity_));
  auto answer = group.answer();
  const auto* found = wanted_output<leaders_output>(answer);
  if (found && is_possible(*found, group.rows->items.size()))
    return keep(duplicates_of(group.rows->items, found->leaders));
  engines_[group.engine] = nullptr;
  keep(find_duplicates(*group.rows, dimensions_, similarity_));
}

std::vector<near_duplicate> group_comparer::take() {
  while (!waiting_.empty())
    finish_oldest();
  return std::exchange(found_, {});
}

} // namespace weft
