#include "tests/support/jobs_world.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace weft::test;

TEST_CASE("a node that has not heard of a job asks the others before it says that there is none") {
  jobs_world world{3};
  world.kill(2);
  world.tell_members();
  const auto texts = some_texts(600);
  REQUIRE(world.submit(0, "r", texts));
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return world.header(0, id) && world.header(0, id)->state == job_state::done; }));
  world.start(2);
  world.tell_members();
  REQUIRE_FALSE(world.header(2, id));
  const auto looked = world.look(2, id);
  const auto watched = world.watch(2, id, 1s);
  const auto dropped_watch = world.watch(2, id, 1s);
  const auto dropped_reader = world.read(2, id);
  world.core(2).unwatch(dropped_watch);
  world.core(2).unread(dropped_reader);
  CHECK(are_results_of(world.read_all(2, id, 100), texts, 100));
  REQUIRE(world.at(2).cancels.contains(looked));
  CHECK(world.at(2).cancels.at(looked)->header.state == job_state::done);
  REQUIRE(world.at(2).news[watched].size() == 1);
  CHECK(world.at(2).news[watched].front()->header.items_total == 600);
  CHECK(world.at(2).news[dropped_watch].empty());
  CHECK_FALSE(world.at(2).readers[dropped_reader].ended);

  const auto none = world.look(2, world.id_of("nothing"));
  REQUIRE(world.run_until([&] { return world.at(2).cancels.contains(none); }, 5s));
  CHECK(world.at(2).cancels.at(none).error().code == errc::unknown_job);
  world.cut(2, 1); // whoever does not answer may know it
  const auto not_sure = world.cancel(2, world.id_of("something"));
  REQUIRE(world.run_until([&] { return world.at(2).cancels.contains(not_sure); }, 5s));
  CHECK(world.at(2).cancels.at(not_sure).error().code == errc::unavailable);
}

TEST_CASE("ids that clients invent do not take the way of records") {
  jobs_world world{3};
  std::vector<uint64_t> asked;
  for (int i = 0; i < 100; ++i)
    asked.push_back(world.look(0, world.id_of(std::to_string(i))));
  size_t refused = 0;
  for (const auto number : asked)
    refused += world.at(0).cancels.contains(number);
  CHECK(refused == 100 - 32);
  CHECK(world.at(0).cancels.at(asked.back()).error().code == errc::overloaded);
  REQUIRE(world.run_until([&] { return world.at(0).cancels.contains(asked.front()); }, 5s));
  CHECK(world.at(0).cancels.at(asked.front()).error().code == errc::unknown_job);
}
