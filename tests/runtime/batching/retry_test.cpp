#include "runtime/batching/retry.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

using namespace weft;

namespace {

std::vector<batch_item> items(size_t count, uint8_t tries) {
  std::vector<batch_item> out;
  for (size_t i = 0; i < count; ++i)
    out.push_back({.call = 1, .index = static_cast<uint32_t>(i), .tries = tries, .sequence = {{101, 102}, false}});
  return out;
}

} // namespace

TEST_CASE("a failed batch is tried again in groups of about its root, then one by one, then given up") {
  struct row {
    size_t count;
    uint8_t tries;
    size_t groups, largest, lost;
  };
  for (auto [count, tries, groups, largest, lost] :
       {row{1, 0, 1, 1, 0}, row{2, 0, 1, 2, 0}, row{9, 0, 3, 3, 0}, row{10, 0, 3, 4, 0}, row{256, 0, 16, 16, 0},
        row{16, 1, 16, 1, 0}, row{1, 1, 1, 1, 0}, row{1, 2, 0, 0, 1}}) {
    CAPTURE(count);
    CAPTURE(static_cast<int>(tries));
    auto plan = plan_retry(items(count, tries));
    CHECK(plan.groups.size() == groups);
    CHECK(plan.lost.size() == lost);
    size_t most = 0, all = lost;
    for (const auto& group : plan.groups) {
      most = std::max(most, group.items.size());
      all += group.items.size();
      CHECK(group.tokens == group.items.size() * 2);
      for (const auto& item : group.items)
        CHECK(item.tries == tries + 1);
    }
    CHECK(most == largest);
    CHECK(all == count);
  }
}

TEST_CASE("one poison item among n fails alone at its third try and takes no other with it") {
  for (size_t n : {1u, 2u, 7u, 64u, 256u}) {
    CAPTURE(n);
    const auto poison = static_cast<uint32_t>(n / 2);
    std::vector<std::vector<batch_item>> waiting{items(n, 0)};
    std::set<uint32_t> computed, lost;
    size_t batches = 0;
    while (!waiting.empty()) {
      auto next = std::move(waiting.back());
      waiting.pop_back();
      ++batches;
      if (std::ranges::find(next, poison, &batch_item::index) == next.end()) {
        for (const auto& item : next)
          computed.insert(item.index);
        continue;
      }
      auto plan = plan_retry(std::move(next));
      for (auto& group : plan.groups)
        waiting.push_back(std::move(group.items));
      for (const auto& item : plan.lost)
        lost.insert(item.index);
    }
    CHECK(lost == std::set<uint32_t>{poison});
    CHECK(computed.size() == n - 1);
    CHECK(batches <= 1 + 2 * static_cast<size_t>(std::ceil(std::sqrt(n))) + 1);
  }
}
