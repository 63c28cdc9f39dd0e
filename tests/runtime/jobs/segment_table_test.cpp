#include "runtime/jobs/segment_table.hpp"

#include <doctest/doctest.h>

using namespace weft;

namespace {

segment_meta meta(uint64_t job, uint32_t index, segment_stage stage = segment_stage::texts, uint64_t hash = 5) {
  return {.id = {{0, job}, index}, .stage = stage, .items = 1, .bytes = 10, .hash = hash};
}

} // namespace

TEST_CASE("a record takes the place of a lesser one only") {
  using enum segment_stage;
  struct row {
    segment_stage stage;
    uint64_t hash;
    bool taken;
  };
  for (const auto& [stage, hash, taken] :
       {row{texts, 5, false}, {texts, 6, false}, {texts, 4, true}, {results, 9, true}}) {
    CAPTURE(hash);
    segment_table table;
    REQUIRE(table.put(meta(1, 0)));
    CHECK(table.put(meta(1, 0, stage, hash)) == taken);
    CHECK(table.size() == 1);
    CHECK(table.bytes() == 10);
    CHECK(table.waiting() == (stage == results ? 0 : 1));
    CHECK(table.find({{0, 1}, 0})->hash == (taken ? hash : 5));
  }
}

TEST_CASE("a survey gives a job's segments in order, in pages") {
  segment_table table;
  for (const uint32_t index : {7, 2, 9, 4})
    table.put(meta(1, index));
  table.put(meta(2, 3));
  const auto [first, next] = table.survey({0, 1}, 3, 2);
  REQUIRE(first.size() == 2);
  CHECK(first[0].id.index == 4);
  CHECK(first[1].id.index == 7);
  REQUIRE(next);
  const auto [rest, end] = table.survey({0, 1}, *next, 2);
  CHECK(rest.size() == 1);
  CHECK(!end);
  CHECK(table.survey({0, 3}, 0, 2).first.empty());
}

TEST_CASE("what leaves is not counted any more") {
  segment_table table;
  table.put(meta(1, 0));
  table.put(meta(1, 1, segment_stage::results));
  table.put(meta(2, 0));
  CHECK(table.erase(segment_id{{0, 1}, 0}));
  CHECK(!table.erase(segment_id{{0, 1}, 0}));
  CHECK(table.erase(job_id{0, 1}) == 1);
  CHECK(table.size() == 1);
  CHECK(table.bytes() == 10);
  CHECK(table.waiting() == 1);
  CHECK(table.all().size() == 1);
  CHECK(table.jobs().size() == 1);
}
