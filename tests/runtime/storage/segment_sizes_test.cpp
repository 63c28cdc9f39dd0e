#include "runtime/base/random_source.hpp"
#include "runtime/storage/segment_sizes.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace weft;

TEST_CASE("the change is what the segments of a group become less what they were, batch by batch") {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    std::map<segment_id, uint64_t> stored;
    for (uint32_t i = 0; i < 10; ++i)
      stored[{{0, random.below(3)}, random.below(8)}] = random.below(1'000);
    auto now = stored;
    segment_sizes sizes{[&](const segment_id& id) { return stored.contains(id) ? stored[id] : 0; }};
    for (int batch = 0; batch < 20; ++batch) {
      sizes.begin_batch();
      auto next = now;
      for (uint32_t i = random.below(6); i > 0; --i) {
        const segment_id id{{0, random.below(3)}, random.below(8)};
        const uint64_t bytes = random.chance(0.3) ? 0 : random.below(1'000);
        sizes.set(id, bytes);
        next[id] = bytes;
      }
      if (random.chance(0.4))
        sizes.undo();
      else
        now = next;
      int64_t change = 0;
      for (const auto& [id, bytes] : now)
        change += static_cast<int64_t>(bytes) - static_cast<int64_t>(stored.contains(id) ? stored[id] : 0);
      CHECK(sizes.change() == change);
    }
  }
}

TEST_CASE("a group knows the segments of a job that it has written") {
  segment_sizes sizes{[](const segment_id&) { return 0; }};
  sizes.begin_batch();
  sizes.set({{0, 1}, 4}, 10);
  sizes.set({{0, 1}, 0}, 10);
  sizes.set({{0, 2}, 0}, 10);
  CHECK(sizes.of({0, 1}) == std::vector<segment_id>{{{0, 1}, 0}, {{0, 1}, 4}});
  CHECK(sizes.of({0, 0}).empty());
}
