#include "tests/runtime/jobs/corpus_job_checks.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace weft;
using namespace weft::test;

TEST_CASE("who watches a corpus job through the node that leads it hears how far it is, and no more often than asked") {
  jobs_world world{3};
  jobs_world_devices devices{world};
  REQUIRE(world.submit(0, "r", corpus_texts(700), as_corpus));
  const auto id = world.id_of("r");
  std::vector<uint64_t> watches;
  for (size_t i = 0; i < world.size(); ++i)
    watches.push_back(world.watch(i, id, 500ms));
  const auto began = world.now().steady;
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id) && has_ended(world, 1, id) && has_ended(world, 2, id); },
                          60s));
  const auto periods = static_cast<size_t>((world.now().steady - began) / 500ms);
  size_t leaders = 0;
  for (size_t i = 0; i < world.size(); ++i) {
    std::set<std::string_view> phases;
    const auto& news = world.at(i).news.at(watches[i]);
    for (const auto& each : news)
      if (each && each->corpus)
        phases.insert(each->corpus->phase);
    leaders += phases.contains("running") ? 1 : 0;
    CHECK(news.size() <= periods + 3); // at once, and the end
    REQUIRE(news.back());
    CHECK(is_end(news.back()->header.state));
  }
  CHECK(leaders == 1);
}
