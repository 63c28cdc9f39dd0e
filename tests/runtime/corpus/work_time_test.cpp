#include "runtime/corpus/work_time.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace weft;
using namespace std::chrono_literals;

namespace {

corpus_facts facts(uint64_t items, uint32_t dimensions = 384) {
  return {.items = items, .dimensions = dimensions};
}

} // namespace

TEST_CASE("a small corpus needs no time that is worth a word") {
  CHECK(longest_step(facts(1'000), {}) < 1s);
  CHECK(longest_step(facts(0, 0), {}) == 0ms);
}

TEST_CASE(
    "bounds follow the work: assignments by items and clusters, groups by their size, seeds by clusters squared") {
  const corpus_options plain{.clusters = 1'024, .duplicate_similarity = 0};
  CHECK(longest_between_verbs(facts(1 << 20), plain) ==
        std::chrono::milliseconds{(1LL << 20) * 1'024 * 384 / 2'000'000});
  CHECK(longest_step(facts(1 << 20), plain) == longest_between_verbs(facts(1 << 20), plain));
  corpus_options grouped{.clusters = 16};
  const auto small = longest_between_verbs(facts(4 << 20), grouped);
  grouped.duplicate_group_items = 65'536;
  CHECK(longest_between_verbs(facts(4 << 20), grouped) > 3 * small);
  // 16 points a cluster are looked at for each cluster: 352 000 × 22 000 × 384 products.
  const corpus_options many{.clusters = 22'000, .duplicate_similarity = 0};
  CHECK(longest_step(facts(400'000), many) > 20min);
  CHECK(longest_step(facts(30'000), many) < 3min); // no more points than there are
}

TEST_CASE("the largest corpus that is taken has a bound as well") {
  const corpus_options most{.clusters = 65'536, .duplicate_group_items = 65'536};
  CHECK(longest_step(facts(4 << 20, 256), most) > 1h);
  CHECK(longest_step(facts(4 << 20, 4'096), most) < 24h * 30);
}
