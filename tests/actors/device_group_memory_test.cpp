#include "tests/actors/device_group_world.hpp"

using namespace weft;
using namespace weft::test;

TEST_CASE("searches of several corpora that make their points at once stay within the budget: one is refused") {
  const auto corpus = embed_corpus({.job_items = 400, .dimensions = 64});
  constexpr job_id other_job{.high = 9, .low = 9};
  auto options = device_groups::some_options();
  options.bytes_max = 400'000; // each has 109 kB of vectors, and 131 kB while its points are made
  device_groups world(1, options);
  for (const auto job : {some_job, other_job}) {
    world.ask(0, plan_corpus{job, 0, load_of(corpus.segments)});
    REQUIRE(world.take<corpus_events::lacks>(0).segments);
    for (const auto& place : corpus.segments) {
      world.ask(0, feed_corpus{job, 0, {corpus.record(place.segment)}});
      REQUIRE(world.take<corpus_events::fed>(0).outcome);
    }
  }
  const auto search = [&](job_id job) {
    world.ask(0, search_corpus_share{.ticket = job.high,
                                     .job = job,
                                     .scale_exponent = 5,
                                     .share = corpus.segments,
                                     .queries = std::vector<float>(64, 0.125F),
                                     .options = {}});
  };
  world.hold_tasks();
  search(some_job);
  search(other_job);
  search({.high = 7, .low = 7}); // of nothing: answered at once, too, so that the one before has been
  const auto refused = world.take<corpus_events::found>(0);
  CHECK(refused.ticket == other_job.high);
  REQUIRE_FALSE(refused.hits);
  CHECK(refused.hits.error().code == errc::overloaded);
  CHECK(world.take<corpus_events::found>(0).ticket == 7);
  const auto counted = world.at(0).board->counters();
  CHECK(counted.bytes > 300'000);
  CHECK(counted.bytes <= counted.bytes_max);
  world.let_tasks_go();
  const auto found = world.take<corpus_events::found>(0);
  CHECK(found.ticket == some_job.high);
  CHECK(found.hits);
  world.threads.join();
  world.settle(0); // the search has ended: nothing is reserved for it
  search(other_job);
  CHECK(world.take<corpus_events::found>(0).hits);
}
