#include "runtime/corpus/shard_assigner.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"
#include "tests/support/held_engine.hpp"

using namespace weft;
using namespace weft::test;

namespace {

std::shared_ptr<const corpus_shard> some_shard(uint64_t seed, uint32_t items) {
  auto all = some_corpus(seed, std::max(items, 1u), 16);
  corpus_shard shard{.dimensions = 16, .items = consecutive_items(0, items), .points = points_of(all)};
  shard.points.resize(size_t{items} * 16);
  return std::make_shared<const corpus_shard>(std::move(shard));
}

struct engines {
  explicit engines(size_t count) {
    for (size_t e = 0; e < count; ++e)
      all.push_back(std::make_shared<held_engine>());
  }
  std::vector<corpus_engine> handles() const {
    std::vector<corpus_engine> out;
    for (const auto& each : all)
      out.push_back(engine_of(each));
    return out;
  }

  std::vector<std::shared_ptr<held_engine>> all;
};

/// Rounds of both, which must be equal.
void check_alike(const std::shared_ptr<const corpus_shard>& shard, const engines& some, uint64_t seed) {
  random_source draw(seed);
  const auto here = make_cpu_assigner(*shard, 7);
  const auto there = make_engines_assigner(shard, 7, some.handles());
  for (int round = 0; round < 5; ++round) {
    const auto centroids = random_points(draw, 7, 16);
    const auto changed = here->assign(centroids);
    REQUIRE(changed);
    CHECK(*there->assign(centroids) == *changed);
    CHECK(there->sums().sums == here->sums().sums);
    CHECK(there->sums().counts == here->sums().counts);
    if (round == 2)
      CHECK(there->points()->labels == here->points()->labels);
    CHECK(*there->assign(centroids) == 0);
  }
  CHECK(there->points()->labels == here->points()->labels);
  CHECK(there->points()->similarities == here->points()->similarities);
}

} // namespace

TEST_CASE("one, two and three engines assign as this thread does, with uneven and empty ranges") {
  for (const uint32_t items : {0u, 1u, 2u, 500u})
    for (const size_t count : {1u, 2u, 3u}) {
      CAPTURE(items);
      CAPTURE(count);
      const engines some(count);
      check_alike(some_shard(1, items), some, 2);
      size_t busy = 0;
      for (const auto& each : some.all)
        busy += each->asked > 0;
      CHECK(busy == std::min<size_t>(count, items));
    }
}

TEST_CASE("a range whose engine is lost is assigned here from then on, with the same bits") {
  for (const int answers : {0, 1, 2, 3, 6, 11})
    for (const size_t lost : {0u, 1u, 2u}) {
      CAPTURE(answers);
      CAPTURE(lost);
      const engines some(3);
      some.all[lost]->answers_max = answers;
      check_alike(some_shard(3, 301), some, 4);
      CHECK(some.all[lost]->asked == answers + 1); // not asked again
      CHECK(some.all[(lost + 1) % 3]->asked == 13);
    }
  const engines none(2);
  for (const auto& each : none.all)
    each->answers_max = 4;
  check_alike(some_shard(5, 100), none, 6);
}

TEST_CASE("an engine that answers what cannot be is not believed") {
  const auto of = [](engine_output& output) -> assign_output& { return std::get<assign_output>(output); };
  for (const std::function<void(engine_output&)>& spoil :
       {std::function<void(engine_output&)>{[](engine_output& it) { it = similarity_output{}; }},
        {[&](engine_output& it) { of(it).sums.pop_back(); }},
        {[&](engine_output& it) { of(it).counts.push_back(0); }},
        {[&](engine_output& it) { of(it).counts[0] += 1; }},
        {[&](engine_output& it) { of(it).counts[0] -= 1'000, of(it).counts[1] += 1'000; }},
        {[&](engine_output& it) { of(it).changed = 1'000; }},
        {[&](engine_output& it) { of(it).labels.push_back(0); }},
        {[&](engine_output& it) {
          if (!of(it).labels.empty())
            of(it).labels[5] = 7;
        }}}) {
    const engines some(2);
    some.all[1]->spoil = spoil;
    check_alike(some_shard(7, 40), some, 8);
    CHECK(some.all[1]->asked < 13);
  }
}

TEST_CASE("what an engine has not answered yet outlives the shard's owner") {
  std::vector<engine_work> kept;
  const corpus_engine slow = [&](engine_work work) -> engine_answer {
    kept.push_back(std::move(work));
    return [] { return result<engine_output>{failure{errc::deadline_exceeded, "too slow"}}; };
  };
  const auto want = some_shard(9, 30)->points;
  {
    const auto assigner = make_engines_assigner(some_shard(9, 30), 2, {slow});
    REQUIRE(assigner->assign(std::vector<int8_t>(32, 1)));
  }
  const auto& points = *std::get<assign_work>(kept.at(0)).points;
  CHECK(std::vector(points.values.begin(), points.values.end()) == want);
}
