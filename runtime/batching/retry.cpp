#include "runtime/batching/retry.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weft {

retry_plan plan_retry(std::vector<batch_item> failed) {
  retry_plan plan;
  auto first_time = std::ranges::all_of(failed, [](const batch_item& item) { return item.tries == 0; });
  auto root = static_cast<size_t>(std::ceil(std::sqrt(static_cast<double>(failed.size()))));
  auto group_size = first_time ? std::max<size_t>(root, 1) : 1;
  for (auto& item : failed) {
    if (++item.tries >= item_tries_max) {
      plan.lost.push_back(std::move(item));
      continue;
    }
    if (plan.groups.empty() || plan.groups.back().items.size() == group_size)
      plan.groups.emplace_back();
    plan.groups.back().add(std::move(item));
  }
  return plan;
}

} // namespace weft
