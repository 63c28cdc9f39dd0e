#include "tests/actors/device_group_world.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

// What hangs in a driver or a library, where nobody can end it.

namespace {

template <class T> errc code_of(const result<T>& outcome) {
  return outcome ? errc::none : outcome.error().code;
}

} // namespace

TEST_CASE("whether epochs may begin is told unasked: at first, when too many ranks hang, when they have come back") {
  const auto corpus = embed_corpus({});
  auto options = device_groups::some_options();
  options.leave_max = 20ms;
  options.ranks_lost_max = 1;
  device_groups world(1, options);
  world.wire(0);
  CHECK(world.take<corpus_events::readiness>(0).to_begin);
  world.gate->hang();
  world.gate->close_after(0);
  world.begin_epoch(corpus, 1, {0});
  world.gate->await_rank();
  world.ask(0, stop_corpus{some_job, 1});
  CHECK(code_of(world.take<corpus_events::finished>(0).result_hash) == errc::cancelled);
  const auto hung = world.take<corpus_events::readiness>(0).to_begin;
  REQUIRE(code_of(hung) == errc::unavailable);
  CHECK(hung.error().message.find("started anew") != std::string::npos);
  world.ask(0, plan_corpus{some_job, 2, load_of(corpus.segments)});
  CHECK(code_of(world.take<corpus_events::lacks>(0).segments) == errc::unavailable); // as it was told
  world.gate->let_go();                                                              // the driver comes back
  CHECK(world.take<corpus_events::readiness>(0).to_begin);
}

TEST_CASE("devices that hang are waited for together, as long as one of them, and the rank computes in their place") {
  const auto corpus = embed_corpus({});
  auto options = device_groups::some_options();
  options.engine_patience = 2s;
  options.niceness = 0; // the time that it takes is looked at
  device_groups world(1, options);
  std::vector<std::string> devices;
  for (int d = 0; d < 20; ++d)
    devices.push_back("cuda:" + std::to_string(d));
  world.wire(0, devices);
  CHECK(world.take<corpus_events::readiness>(0).to_begin);
  const auto began = std::chrono::steady_clock::now(); // a rank's thread waits by the real clock
  world.begin_epoch(corpus, 1, {0});
  const auto finished = world.take<corpus_events::finished>(0);
  const auto took = std::chrono::steady_clock::now() - began;
  REQUIRE(finished.result_hash);
  CHECK(*finished.result_hash == body_hash(encode(plain_outcome(corpus))));
  CHECK(world.at(0).points_given->count() == devices.size()); // each was given its range, once
  CHECK(took >= options.engine_patience);
  CHECK(took < 10 * options.engine_patience); // 20 times, one after the other
}
