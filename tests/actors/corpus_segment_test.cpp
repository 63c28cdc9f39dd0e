#include "actors/corpus_segment.hpp"
#include "tests/actors/embedded_corpus.hpp"

using namespace weft;
using namespace weft::test;

TEST_CASE("a segment has the vectors of the items that were embedded, and says which were not") {
  const auto corpus = embed_corpus({.job_items = 50, .fails_every = 8});
  REQUIRE(corpus.segments.size() == 3);
  const auto second = segment_of(corpus, 1); // items 20 to 39 of the job, 24 and 32 failed
  CHECK(second->items == 18);
  CHECK(second->dimensions == 16);
  CHECK(second->model_version == "v1");
  CHECK(second->gaps == std::vector<item_run>{{24, 1}, {32, 1}});
  const auto rows = join_rows(placed(corpus, corpus.segments));
  CHECK(rows.items == corpus.all.items);
  CHECK(rows.values == corpus.all.values);
  CHECK(rows.tokens == corpus.all.tokens);
}

TEST_CASE("what is not the results that were planned with is damaged") {
  const auto corpus = embed_corpus({});
  const auto& record = corpus.record(2);
  const auto& place = corpus.segments[2];
  const auto code_of = [](const segment_record& it, const planned_segment& wanted) {
    const auto read = read_corpus_segment(it, wanted);
    return read ? errc::none : read.error().code;
  };
  CHECK(code_of(record, place) == errc::none);
  auto other = place;
  other.hash ^= 1;
  CHECK(code_of(record, other) == errc::state_damaged);
  CHECK(code_of(record, corpus.segments[3]) == errc::state_damaged);
  auto more = place;
  ++more.items;
  CHECK(code_of(record, more) == errc::state_damaged);
  auto changed = record;
  auto body = *record.body;
  body.back() ^= 1;
  changed.body = std::make_shared<const std::string>(body);
  CHECK(code_of(changed, place) == errc::state_damaged);
  SUBCASE("vectors of different lengths") {
    segment_results results{.model = "m", .model_version = "v", .items = {}, .usage = {}};
    results.items.resize(2);
    results.items[0].value.values = {1, 0};
    results.items[1].value.values = {1};
    const auto mixed = make_record({some_job, 0}, 0, results);
    CHECK(code_of(mixed, {.segment = 0, .items = 2, .hash = mixed.meta.hash}) == errc::state_damaged);
  }
}

TEST_CASE("points for searches have the scale of the corpus and the rows") {
  const auto corpus = embed_corpus({.job_items = 60});
  const auto shard = make_search_shard(placed(corpus, corpus.share(1, 2)), 6);
  CHECK(shard.count() == 20);
  CHECK(shard.items.front() == 20);
  CHECK(shard.scale() == 64);
  CHECK(shard.points.size() == size_t{20} * 16);
  CHECK(std::vector<float>(corpus.all.values.begin() + 20 * 16, corpus.all.values.begin() + 40 * 16) == shard.rows);
}
