#include "runtime/jobs/attached_census.hpp"
#include "runtime/jobs/attachment_store.hpp"
#include "runtime/jobs/record_check.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace weft;

namespace {

constexpr job_id job{1, 2};

std::vector<segment_record> parts_of(uint64_t generation, size_t bytes, bool has_failed = false, char of = 'x') {
  auto made = make_attached(job, attached_kind::outcome, generation, std::string(bytes, of), has_failed);
  REQUIRE(made);
  return std::move(*made);
}

surveyed_segment found(const segment_record& record, std::vector<node_id> nodes) {
  return {.best = record.meta, .holders = nodes, .finished = nodes, .alike = std::move(nodes)};
}

} // namespace

TEST_CASE("what is attached becomes records that every node takes for segments with results") {
  const auto parts = parts_of(77, attached_part_bytes + 1, true);
  REQUIRE(parts.size() == 2);
  for (uint32_t p = 0; p < 2; ++p) {
    CHECK(is_sound(parts[p]));
    const auto& meta = parts[p].meta;
    CHECK(meta.id == segment_id{job, attached_index(attached_kind::outcome, p)});
    CHECK(is_attached(meta.id.index));
    CHECK(meta.stage == segment_stage::results);
    CHECK(meta.first_item == 77);
    CHECK(parts_in(meta.tokens) == 2);
    CHECK(meta.tokens == parts[0].meta.tokens);
    CHECK(meta.failed == 1);
  }
  CHECK(supersedes(parts_of(78, 3)[0].meta, parts[0].meta));
  const auto large = make_attached(job, attached_kind::outcome, 1, std::string(129 * attached_part_bytes, 'x'), false);
  REQUIRE(!large);
  CHECK(large.error().code == errc::too_many_items);
}

TEST_CASE("an attachment is whole when all its parts are on enough nodes") {
  const auto now = parts_of(5, 3 * attached_part_bytes), before = parts_of(4, 4 * attached_part_bytes);
  REQUIRE(now.size() == 3);
  REQUIRE(before.size() == 4);
  const node_id a{1}, b{2};
  attached_census census;
  CHECK(!census.is_whole(attached_kind::outcome, 1));
  CHECK(census.newest_generation() == 0);
  census.add(found(now[0], {a, b}));
  census.add(found(now[1], {a, b}));
  CHECK(!census.is_whole(attached_kind::outcome, 1));
  census.add(found(before[2], {a, b}));
  CHECK(!census.is_whole(attached_kind::outcome, 1));
  census.add(found(now[2], {b}));
  census.add(found(before[3], {a})); // the longer form's end, which nothing has replaced
  CHECK(census.is_whole(attached_kind::outcome, 1));
  CHECK(!census.is_whole(attached_kind::outcome, 2));
  CHECK(!census.is_whole(attached_kind::checkpoint_a, 1));
  CHECK(census.generation(attached_kind::outcome) == 5);
  CHECK(census.newest_generation() == 5);
  CHECK(!census.has_failed(attached_kind::outcome));
  segment_record items = now[0];
  items.meta.id.index = 0;
  census.add(found(items, {a})); // of items: left out
  CHECK(census.parts(attached_kind::outcome).size() == 4);
}

TEST_CASE("parts that a later generation has replaced belong to the whole if they are the same, and only then") {
  const auto kept = parts_of(5, 3 * attached_part_bytes);
  const node_id a{1}, b{2};
  for (const bool same : {true, false}) {
    CAPTURE(same);
    const auto later = parts_of(9, 3 * attached_part_bytes, false, same ? 'x' : 'y');
    attached_census census;
    census.add(found(kept[0], {a, b}));
    census.add(found(later[1], {a, b})); // whoever wrote it has stopped there
    census.add(found(kept[2], {a, b}));
    CHECK(census.is_whole(attached_kind::outcome, 2) == same);
    CHECK(census.generation(attached_kind::outcome) == 9);
  }
}
