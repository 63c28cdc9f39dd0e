#include "runtime/corpus/group_comparer.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"
#include "tests/support/held_engine.hpp"

#include <algorithm>

using namespace weft;
using namespace weft::test;

namespace {

constexpr auto large = static_cast<uint32_t>(engine_group_items_min);

item_rows group_of(uint64_t seed, uint32_t items) {
  const auto all = some_corpus(seed, items, 8, 40, 0.3F);
  auto numbers = all.items;
  for (auto& item : numbers)
    item = static_cast<uint32_t>(seed * 100'000) + item * 2;
  return {std::move(numbers), points_of(all)};
}

/// Twelve groups of sizes around the limit, compared twice by whoever is there.
void check_groups(const std::vector<std::shared_ptr<held_engine>>& engines) {
  std::vector<corpus_engine> handles;
  for (const auto& each : engines)
    handles.push_back(engine_of(each));
  group_comparer comparer(handles, 8, 9'900);
  for (const int round : {0, 1}) {
    std::vector<near_duplicate> want;
    for (uint64_t g = 0; g < 12; ++g) {
      auto rows = group_of(g + 1, g % 3 == 0 ? 20 : large + static_cast<uint32_t>(g) - 2);
      const auto some = find_duplicates(rows, 8, 9'900);
      want.insert(want.end(), some.begin(), some.end());
      comparer.add(std::move(rows));
    }
    auto found = comparer.take();
    CAPTURE(round);
    std::ranges::sort(found);
    CHECK(found == want);
    CHECK(want.size() > 1'000);
    CHECK(comparer.take().empty());
  }
}

} // namespace

TEST_CASE("large groups go to the engines in turn, small ones do not, and all duplicates are found") {
  for (const size_t count : {0u, 1u, 3u}) {
    CAPTURE(count);
    std::vector<std::shared_ptr<held_engine>> engines(count);
    for (auto& each : engines)
      each = std::make_shared<held_engine>();
    check_groups(engines);
    int asked = 0;
    for (auto& each : engines)
      asked += each->asked;
    CHECK(asked == (count == 0 ? 0 : 14)); // of 12 groups a third is small, and one a little
    if (count == 3)
      CHECK(std::ranges::all_of(engines, [](const auto& each) { return each->asked >= 4; }));
  }
}

TEST_CASE("groups of an engine that is lost, or answers what cannot be, are compared here") {
  for (const int answers : {0, 1, 5})
    for (const bool both : {false, true}) {
      CAPTURE(answers);
      const auto lost = std::make_shared<held_engine>(), other = std::make_shared<held_engine>();
      lost->answers_max = answers;
      if (both)
        other->answers_max = 0;
      check_groups({lost, other});
      CHECK(lost->asked <= answers + 8); // those that were on their way
    }
  const auto of = [](engine_output& output) -> std::vector<uint32_t>& {
    return std::get<leaders_output>(output).leaders;
  };
  for (const std::function<void(engine_output&)>& spoil :
       {std::function<void(engine_output&)>{[](engine_output& it) { it = similarity_output{}; }},
        {[&](engine_output& it) { of(it).pop_back(); }},
        {[&](engine_output& it) { of(it)[7] = 7; }},
        {[&](engine_output& it) { of(it)[3] = 900; }},
        {[&](engine_output& it) { of(it)[0] = kept_itself, of(it)[1] = 0, of(it)[2] = 1; }}}) {
    const auto engine = std::make_shared<held_engine>();
    engine->spoil = spoil;
    check_groups({engine});
    CHECK(engine->asked <= 8);
  }
}
