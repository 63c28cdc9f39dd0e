#include "tests/runtime/jobs/parts_bench.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace weft;
using namespace weft::test;

namespace {

/// A segment that node 1 owns, or does not, among its first three owners.
uint32_t index_with(parts_bench& bench, bool owned) {
  for (uint32_t index = 0;; ++index)
    if (bench.state.places.owns(node_id{1}, {{0, 1}, index}, 3) == owned)
      return index;
}

std::set<node_id> asked(const parts_bench& bench) {
  std::set<node_id> out;
  for (const auto& ask : bench.asks)
    out.insert(ask.to);
  return out;
}

} // namespace

TEST_CASE("a segment is safe when two of its owners have synced it, this node's log counts") {
  parts_bench bench{5};
  const auto index = index_with(bench, true);
  errc done{};
  bench.copies.secure(bench.texts(index), {{3, 2}, bench.state.now.steady + 10s}, bench.note(done));
  bench.run();
  REQUIRE(bench.writes.size() == 1);
  REQUIRE(bench.asks.size() == 2);
  bench.write_ends(0);
  CHECK(done == errc::internal);
  bench.ask_ends(0);
  CHECK(done == errc::none);
  CHECK(bench.copies.bytes_waiting() > 0);
  bench.ask_ends(1);
  CHECK(bench.copies.bytes_waiting() == 0);
}

TEST_CASE("who does not own a segment does not keep it while its owners do") {
  parts_bench bench{5};
  const auto index = index_with(bench, false);
  errc done{};
  bench.copies.secure(bench.texts(index), {{3, 2}, bench.state.now.steady + 10s}, bench.note(done));
  bench.run();
  CHECK(bench.writes.empty());
  REQUIRE(bench.asks.size() == 3);
  bench.ask_ends(2);
  bench.ask_ends(0);
  CHECK(done == errc::none);
}

TEST_CASE("for an owner that fails the next-ranked node stands in") {
  parts_bench bench{5};
  const auto index = index_with(bench, false);
  const auto ranked = bench.state.places.ranked({{0, 1}, index});
  errc done{};
  bench.copies.secure(bench.texts(index), {{3, 2}, bench.state.now.steady + 10s}, bench.note(done));
  bench.run();
  bench.ask_ends(0, errc::unavailable);
  CHECK(bench.asks.size() + bench.writes.size() == 4);
  if (ranked[3] == node_id{1})
    CHECK(bench.writes.size() == 1);
  else
    CHECK(bench.asks[3].to == ranked[3]);
}

TEST_CASE("an owner that takes too long gets a stand-in, and counts if it answers after all") {
  parts_bench bench{5};
  const auto index = index_with(bench, false);
  errc done{};
  bench.copies.secure(bench.texts(index), {{3, 3}, bench.state.now.steady + 10s}, bench.note(done));
  bench.run();
  bench.ask_ends(1);
  for (int i = 0; i < 10; ++i)
    bench.advance(250ms);
  CHECK(bench.asks.size() + bench.writes.size() == 5); // two stand-ins
  bench.ask_ends(0);
  CHECK(done == errc::internal);
  bench.ask_ends(2);
  CHECK(done == errc::none);
}

TEST_CASE("too few live nodes: nothing is safe until give_up, then there is no quorum") {
  parts_bench bench{1};
  errc done{};
  bench.copies.secure(bench.texts(0), {{3, 2}, bench.state.now.steady + 10s}, bench.note(done));
  bench.run();
  bench.write_ends(0);
  for (int i = 0; i < 39; ++i)
    bench.advance(250ms);
  CHECK(done == errc::internal);
  bench.advance(250ms);
  CHECK(done == errc::no_quorum);
  CHECK(bench.copies.bytes_waiting() == 0);
}

TEST_CASE("a node that joins makes safe what waited for it") {
  parts_bench bench{1};
  errc done{};
  bench.copies.secure(bench.texts(0), {{3, 2}, bench.state.now.steady + 10s}, bench.note(done));
  bench.run();
  bench.write_ends(0);
  bench.set_live(2);
  REQUIRE(bench.asks.size() == 1);
  bench.ask_ends(0);
  CHECK(done == errc::none);
}

TEST_CASE("a copy on a node that died counts still: it is synced") {
  parts_bench bench{3};
  errc done{};
  bench.copies.secure(bench.texts(0), {{3, 2}, bench.state.now.steady + 10s, {node_id{9}}}, bench.note(done));
  bench.run();
  bench.write_ends(0);
  CHECK(done == errc::none);
}

TEST_CASE("disks that are full end it at once when too few others are left") {
  struct row {
    size_t full;
    errc want;
  };
  for (const auto& [full, want] : {row{1, errc::internal}, {2, errc::storage_full}}) {
    CAPTURE(full);
    parts_bench bench{3};
    errc done{};
    bench.copies.secure(bench.texts(0), {{3, 2}, bench.state.now.steady + 10s}, bench.note(done));
    bench.run();
    REQUIRE(bench.asks.size() == 2);
    for (size_t i = 0; i < full; ++i)
      bench.ask_ends(i, errc::storage_full);
    CHECK(done == want);
  }
}

TEST_CASE("results are tried as long as their job goes on") {
  parts_bench bench{3};
  errc done{};
  bench.keeper.keep({bench.header()}, {}, [](const status&) {});
  bench.run();
  bench.write_ends(0);
  bench.copies.secure(bench.results(0), {{3, 2}}, bench.note(done));
  bench.run();
  CHECK(bench.copies.unsafe_result_bytes() > 0);
  for (int i = 0; i < 200; ++i) {
    bench.advance(250ms);
    for (size_t k = 0; k < bench.asks.size(); ++k)
      bench.ask_ends(k, errc::unavailable);
  }
  CHECK(done == errc::internal);
  bench.state.headers.put(bench.header(job_state::cancelled), bench.state.now.steady);
  bench.advance(250ms);
  CHECK(done == errc::cancelled);
  CHECK(bench.copies.unsafe_result_bytes() == 0);
}

TEST_CASE("a header is told to every live node and is safe when enough have it") {
  parts_bench bench{5};
  errc done{};
  bench.copies.publish(bench.header(), {{3, 2}, bench.state.now.steady + 10s}, bench.note(done));
  bench.run();
  CHECK(asked(bench).size() == 4);
  REQUIRE(bench.writes.size() == 1);
  bench.ask_ends(1, errc::unavailable);
  bench.ask_ends(0);
  CHECK(done == errc::internal);
  bench.write_ends(0);
  CHECK(done == errc::none);
}
