#include "tests/runtime/jobs/parts_bench.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace weft::test;

TEST_CASE("one segment goes at once; what waits for answers goes together") {
  parts_bench bench;
  std::vector<errc> done(100);
  for (uint32_t i = 0; i < 100; ++i) {
    bench.lanes.send(node_id{2}, bench.texts(i), bench.note(done[i]));
    bench.run();
  }
  REQUIRE(bench.asks.size() == 4);
  for (size_t i = 0; i < 4; ++i)
    CHECK(bench.kept(i).segments.size() == 1);
  bench.ask_ends(0);
  REQUIRE(bench.asks.size() == 5);
  CHECK(bench.kept(4).segments.size() == 96);
  for (size_t i = 1; i < 5; ++i)
    bench.ask_ends(i);
  for (const auto code : done)
    CHECK(code == errc::none);
}

TEST_CASE("a parcel is closed by the segment that brings it to 2 MiB") {
  parts_bench bench;
  errc done{};
  for (uint32_t i = 0; i < 12; ++i)
    bench.lanes.send(node_id{2}, bench.texts(i, std::string(700'000, 'x')), bench.note(done));
  bench.run();
  REQUIRE(bench.asks.size() == 4);
  for (size_t i = 0; i < 4; ++i)
    CHECK(bench.kept(i).segments.size() == 3);
}

TEST_CASE("the headers of one job that wait together are one, as it is when it leaves") {
  parts_bench bench;
  bench.state.headers.put(bench.header(), bench.state.now.steady);
  errc first{}, second{};
  bench.lanes.tell(node_id{2}, {0, 1}, bench.note(first));
  bench.lanes.tell(node_id{2}, {0, 1}, bench.note(second));
  bench.state.headers.put(bench.header(job_state::done), bench.state.now.steady);
  bench.run();
  REQUIRE(bench.asks.size() == 1);
  REQUIRE(bench.kept(0).headers.size() == 1);
  CHECK(bench.kept(0).headers[0].state == job_state::done);
  bench.ask_ends(0);
  CHECK(first == errc::none);
  CHECK(second == errc::none);
}

TEST_CASE("a node that fails is asked less often, one parcel at a time, until it answers") {
  parts_bench bench;
  errc done{};
  bench.lanes.send(node_id{2}, bench.texts(0), bench.note(done));
  bench.run();
  bench.ask_ends(0, errc::unavailable);
  CHECK(done == errc::unavailable);
  CHECK(bench.lanes.is_troubled(node_id{2}));
  for (uint32_t i = 1; i < 4; ++i) {
    bench.lanes.send(node_id{2}, bench.texts(i), bench.note(done));
    bench.run();
  }
  CHECK(bench.asks.size() == 1);
  REQUIRE(bench.lanes.next_wake());
  bench.advance(*bench.lanes.next_wake() - bench.state.now.steady);
  REQUIRE(bench.asks.size() == 2);
  bench.ask_ends(1);
  CHECK(!bench.lanes.is_troubled(node_id{2}));
  CHECK(done == errc::none);
}

TEST_CASE("too much that waits for a node is refused, and what waits for one that dies fails") {
  parts_bench bench;
  size_t refused = 0, gone = 0;
  for (uint32_t i = 0; i < 60; ++i)
    bench.lanes.send(node_id{2}, bench.texts(i, std::string(1 << 20, 'x')), [&](const status& s) {
      if (!s)
        ++(s.error().code == errc::overloaded ? refused : gone);
    });
  bench.run();
  CHECK(refused > 20);
  CHECK(refused < 30);
  bench.set_live(1);
  CHECK(refused + gone + 8 == 60); // four parcels of two are under way
}
