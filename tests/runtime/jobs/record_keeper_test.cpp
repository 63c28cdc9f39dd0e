#include "tests/runtime/jobs/parts_bench.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace weft::test;

namespace {

const failure full{errc::storage_full, "full"};

} // namespace

TEST_CASE("a segment is in the table when it is synced, not before") {
  parts_bench bench;
  errc done{};
  bench.keeper.keep({}, {bench.texts(0)}, bench.note(done));
  bench.run();
  REQUIRE(bench.writes.size() == 1);
  CHECK(bench.state.segments.size() == 0);
  CHECK(done == errc::internal);
  bench.write_ends(0);
  CHECK(done == errc::none);
  CHECK(bench.state.segments.size() == 1);
  CHECK(bench.heard_segments.size() == 1);
}

TEST_CASE("a write that fails leaves nothing behind, and the next one writes") {
  parts_bench bench;
  errc first{}, second{};
  bench.keeper.keep({bench.header()}, {bench.texts(0)}, bench.note(first));
  bench.run();
  bench.write_ends(0, full);
  CHECK(first == errc::storage_full);
  CHECK(bench.state.segments.size() == 0);
  CHECK(bench.keeper.bytes_writing() == 0);
  bench.keeper.keep({bench.header()}, {bench.texts(0)}, bench.note(second));
  bench.run();
  REQUIRE(bench.writes.size() == 2);
  CHECK(bench.writes[1].batch.headers.size() == 1);
  CHECK(bench.writes[1].batch.segments.size() == 1);
  bench.write_ends(1);
  CHECK(second == errc::none);
}

TEST_CASE("what is known or under way is not written again, but waited for") {
  parts_bench bench;
  errc first{}, second{}, third{};
  bench.keeper.keep({bench.header()}, {bench.texts(0)}, bench.note(first));
  bench.keeper.keep({bench.header()}, {bench.texts(0)}, bench.note(second));
  bench.run();
  CHECK(bench.writes.size() == 1);
  CHECK(second == errc::internal);
  bench.write_ends(0);
  CHECK(first == errc::none);
  CHECK(second == errc::none);
  bench.keeper.keep({bench.header()}, {bench.texts(0)}, bench.note(third));
  bench.run();
  CHECK(bench.writes.size() == 1);
  CHECK(third == errc::none);
}

TEST_CASE("texts never follow results into the log, in whatever order writes end") {
  for (const bool results_fail : {false, true}) {
    CAPTURE(results_fail);
    parts_bench bench;
    errc texts{}, results{}, again{};
    bench.keeper.keep({}, {bench.results(0)}, bench.note(results));
    bench.keeper.keep({}, {bench.texts(0)}, bench.note(texts));
    bench.run();
    REQUIRE(bench.writes.size() == 1);
    bench.write_ends(0, results_fail ? status{full} : ok);
    CHECK(texts == results);
    bench.keeper.keep({}, {bench.texts(0)}, bench.note(again));
    bench.run();
    CHECK(bench.writes.size() == (results_fail ? 2 : 1));
  }
}

TEST_CASE("of two results the lesser hash is kept, and the other one counts as late") {
  parts_bench bench;
  const auto a = bench.results(0, 1), b = bench.results(0, 2);
  const auto& lesser = a.meta.hash < b.meta.hash ? a : b;
  const auto& greater = a.meta.hash < b.meta.hash ? b : a;
  errc done{};
  bench.keeper.keep({}, {greater}, bench.note(done));
  bench.run();
  bench.write_ends(0);
  bench.keeper.keep({}, {greater}, bench.note(done)); // the same once more is not late
  CHECK(bench.late == 0);
  bench.keeper.keep({}, {lesser}, bench.note(done));
  bench.run();
  REQUIRE(bench.writes.size() == 2);
  bench.write_ends(1);
  CHECK(bench.late == 1);
  CHECK(bench.state.segments.find(a.meta.id)->hash == lesser.meta.hash);
  bench.keeper.keep({}, {greater}, bench.note(done));
  bench.run();
  CHECK(bench.late == 2);
  CHECK(bench.writes.size() == 2);
}

TEST_CASE("a tombstone takes the segments along, and those that come later are not kept") {
  parts_bench bench;
  errc done{};
  bench.keeper.keep({bench.header(job_state::done)}, {bench.results(0)}, bench.note(done));
  bench.run();
  bench.write_ends(0);
  bench.keeper.keep({}, {bench.results(1)}, bench.note(done)); // under way
  bench.keeper.keep({bench.header(job_state::removed)}, {}, bench.note(done));
  bench.run();
  REQUIRE(bench.writes.size() == 3);
  CHECK(bench.writes[2].batch.removed == std::vector{job_id{0, 1}});
  bench.write_ends(1);
  bench.write_ends(2);
  CHECK(bench.state.segments.size() == 0);
  bench.keeper.keep({}, {bench.texts(2)}, bench.note(done));
  bench.run();
  CHECK(done == errc::none);
  CHECK(bench.writes.size() == 3);
}

TEST_CASE("a tombstone that would be forgotten at once is not taken") {
  parts_bench bench;
  errc done{};
  auto old = bench.header(job_state::removed);
  old.ended = bench.state.now.wall - 48h;
  bench.keeper.keep({old}, {}, bench.note(done));
  bench.run();
  CHECK(done == errc::none);
  CHECK(bench.state.headers.size() == 0);
}

TEST_CASE("headers whose write failed are written again after a while") {
  parts_bench bench;
  errc done{};
  bench.keeper.keep({bench.header()}, {}, bench.note(done));
  bench.run();
  bench.write_ends(0, full);
  CHECK(bench.state.headers.size() == 1);
  bench.advance(4s);
  CHECK(bench.writes.size() == 1);
  bench.advance(1s);
  REQUIRE(bench.writes.size() == 2);
  bench.write_ends(1, full);
  bench.advance(5s);
  REQUIRE(bench.writes.size() == 3);
  bench.write_ends(2);
  bench.advance(10s);
  CHECK(bench.writes.size() == 3);
}

TEST_CASE("what is being written is not dropped") {
  parts_bench bench;
  errc done{};
  bench.keeper.keep({}, {bench.texts(0), bench.texts(1)}, bench.note(done));
  bench.run();
  bench.write_ends(0);
  bench.keeper.keep({}, {bench.results(1)}, bench.note(done));
  bench.run();
  bench.keeper.drop({{{0, 1}, 0}, {{0, 1}, 1}});
  bench.run();
  REQUIRE(bench.writes.size() == 3);
  CHECK(bench.writes[2].batch.dropped == std::vector{segment_id{{0, 1}, 0}});
}

TEST_CASE("a node keeps only so many segments") {
  auto options = parts_bench::local();
  options.segments_max = 2;
  parts_bench bench{3, options};
  errc first{}, second{}, better{};
  bench.keeper.keep({}, {bench.texts(0), bench.texts(1)}, bench.note(first));
  bench.run();
  bench.write_ends(0);
  bench.keeper.keep({}, {bench.texts(2)}, bench.note(second));
  bench.keeper.keep({}, {bench.results(1)}, bench.note(better));
  bench.run();
  CHECK(second == errc::storage_full);
  bench.write_ends(1);
  CHECK(better == errc::none);
}
