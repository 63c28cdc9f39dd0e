#include "actors/corpus_store.hpp"
#include "tests/actors/embedded_corpus.hpp"

#include <algorithm>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

constexpr job_id other_job{.high = 3, .low = 4};
constexpr job_id third_job{.high = 5, .low = 6};

std::vector<corpus_segment_ptr> read(const embedded_corpus& corpus, std::span<const planned_segment> share) {
  std::vector<corpus_segment_ptr> out;
  for (const auto& place : share)
    out.push_back(segment_of(corpus, place.segment));
  return out;
}

errc code_of(const status& outcome) {
  return outcome ? errc::none : outcome.error().code;
}

/// What one segment of 20 items with 16 dimensions takes, and what a run or a search makes of it.
struct costs {
  uint64_t segment = 0;
  uint64_t run = 0;
};
costs measure(const embedded_corpus& corpus) {
  corpus_store store(1 << 20);
  const auto one = std::span(corpus.segments).first(1);
  REQUIRE(store.plan_run(some_job, one));
  REQUIRE(store.add(some_job, read(corpus, one)));
  const auto segment = store.bytes();
  REQUIRE(store.reserve_run(some_job, placed(corpus, one)));
  return {segment, store.bytes() - segment};
}

} // namespace

TEST_CASE("only what is not in memory is lacking, and what a share has no more is let go") {
  const auto corpus = embed_corpus({});
  corpus_store store(1 << 20);
  const auto first = corpus.share(0, 2);
  auto lacking = store.plan_run(some_job, first);
  REQUIRE(lacking);
  CHECK(*lacking == first);
  CHECK_FALSE(store.find(some_job, first));
  REQUIRE(store.add(some_job, read(corpus, first)));
  CHECK(store.find(some_job, first)->size() == first.size());
  CHECK(store.bytes() > uint64_t{120} * 16 * 4);
  lacking = store.plan_run(some_job, corpus.segments);
  REQUIRE(lacking);
  CHECK(*lacking == corpus.share(1, 2));
  REQUIRE(store.add(some_job, read(corpus, *lacking)));
  lacking = store.plan_run(some_job, corpus.share(1, 2));
  REQUIRE(lacking);
  CHECK(lacking->empty());
  CHECK_FALSE(store.find(some_job, first));
  auto renewed = corpus.share(1, 2);
  renewed[0].hash ^= 1; // computed once more, with other bits
  lacking = store.plan_run(some_job, renewed);
  REQUIRE(lacking);
  CHECK(*lacking == std::vector{renewed[0]});
}

TEST_CASE("segments that nobody planned are not kept") {
  const auto corpus = embed_corpus({});
  corpus_store store(1 << 20);
  REQUIRE(store.add(some_job, read(corpus, corpus.segments)));
  CHECK(store.bytes() == 0);
  REQUIRE(store.plan_run(some_job, corpus.share(0, 2)));
  CHECK(store.wanted(some_job, 0));
  CHECK_FALSE(store.wanted(some_job, 1));
  REQUIRE(store.add(some_job, read(corpus, corpus.segments)));
  CHECK_FALSE(store.wanted(some_job, 0));
  CHECK_FALSE(store.find(some_job, corpus.segments));
  CHECK(store.find(some_job, corpus.share(0, 2)));
}

TEST_CASE("vectors of other dimensions are refused") {
  const auto corpus = embed_corpus({});
  const auto wider = embed_corpus({.dimensions = 32});
  corpus_store store(1 << 20);
  auto share = std::vector{corpus.segments[0], wider.segments[1]};
  REQUIRE(store.plan_run(some_job, share));
  REQUIRE(store.add(some_job, read(corpus, std::span(share).first(1))));
  CHECK(code_of(store.add(some_job, read(wider, std::span(share).last(1)))) == errc::invalid_argument);
}

TEST_CASE("the searches that are longest ago go first, runs stay, and without room nothing is kept") {
  const auto corpus = embed_corpus({});
  const auto cost = measure(corpus);
  corpus_store store(4 * cost.segment);
  const auto two = std::span(corpus.segments).first(2);
  const time_point start{};
  for (const auto& [job, at] : {std::pair{some_job, 2s}, {other_job, 1s}}) {
    REQUIRE(store.plan_search(job, two, start + at));
    REQUIRE(store.add(job, read(corpus, two)));
  }
  CHECK(store.corpora() == 2);
  REQUIRE(store.plan_search(third_job, two, start + 3s));
  REQUIRE(store.add(third_job, read(corpus, two)));
  CHECK_FALSE(store.find(other_job, two));
  CHECK(store.find(some_job, two));
  CHECK(store.bytes() <= store.bytes_max());
  SUBCASE("a run is not in the way of being searched, but does not go for it") {
    REQUIRE(store.plan_run(third_job, {}));
    REQUIRE(store.plan_run(some_job, {}));
    REQUIRE(store.plan_search(other_job, two, start + 9s));
    CHECK(code_of(store.add(other_job, read(corpus, two))) == errc::overloaded);
    CHECK(store.find(some_job, two));
    CHECK(store.find(third_job, two));
    store.release(some_job);
    CHECK(store.find(some_job, two)); // a search asked for it once
    CHECK(code_of(store.add(other_job, read(corpus, two))) == errc::none);
    CHECK_FALSE(store.find(some_job, two));
  }
  SUBCASE("more than the budget fits nowhere") {
    const auto lacking = store.plan_search(some_job, corpus.segments, start + 9s);
    REQUIRE_FALSE(lacking);
    CHECK(lacking.error().code == errc::overloaded);
    CHECK(lacking.error().message.find("jobs.corpus_memory_bytes_max") != std::string::npos);
  }
  SUBCASE("what nobody asks for goes") {
    store.drop_idle(start + 2s);
    CHECK(store.corpora() == 1);
    store.drop_idle(start + 3s);
    CHECK(store.corpora() == 0);
    CHECK(store.bytes() == 0);
  }
}

TEST_CASE("a run has room for what it makes of its share, or none") {
  const auto corpus = embed_corpus({});
  const auto cost = measure(corpus);
  const auto one = std::span(corpus.segments).first(1);
  const auto share = placed(corpus, one);
  SUBCASE("it is reserved once, and goes with the job") {
    corpus_store store(cost.segment + cost.run);
    REQUIRE(store.plan_run(some_job, one));
    REQUIRE(store.add(some_job, read(corpus, one)));
    REQUIRE(store.reserve_run(some_job, share));
    REQUIRE(store.reserve_run(some_job, share));
    CHECK(store.bytes() == store.bytes_max());
    store.release(some_job);
    CHECK(store.bytes() == 0);
  }
  SUBCASE("known before anything is loaded, once one segment is there") {
    corpus_store store(cost.segment + cost.run - 1);
    REQUIRE(store.plan_run(some_job, one));
    REQUIRE(store.add(some_job, read(corpus, one)));
    CHECK(code_of(store.reserve_run(some_job, share)) == errc::overloaded);
    const auto again = store.plan_run(some_job, one);
    REQUIRE_FALSE(again);
    CHECK(again.error().code == errc::overloaded);
  }
}

TEST_CASE("what a search under way has, and the points that it makes, count and stay until it ends") {
  const auto corpus = embed_corpus({});
  const auto cost = measure(corpus);
  const auto one = std::span(corpus.segments).first(1);
  const auto share = placed(corpus, one);
  corpus_store store(2 * cost.segment + cost.run);
  const time_point start{};
  const auto load = [&](job_id job, std::chrono::seconds at) {
    REQUIRE(store.plan_search(job, one, start + at));
    return code_of(store.add(job, read(corpus, one)));
  };
  REQUIRE(load(some_job, 1s) == errc::none);
  REQUIRE(store.reserve_shard(some_job, share));
  store.begin_search(some_job);
  CHECK(store.bytes() == cost.segment + cost.run);
  REQUIRE(load(other_job, 2s) == errc::none);
  CHECK(store.bytes() == store.bytes_max());
  CHECK(code_of(store.reserve_shard(other_job, share)) == errc::overloaded); // beside the other's points
  REQUIRE(load(third_job, 3s) == errc::none);
  CHECK_FALSE(store.find(other_job, one));
  CHECK(store.find(some_job, one)); // though it was asked for before
  store.drop_idle(start + 1s);
  CHECK(store.find(some_job, one));
  SUBCASE("then it goes as any other") {
    store.free_shard(some_job);
    const auto shard = std::make_shared<const corpus_shard>(make_search_shard(*store.find(some_job, one), 5));
    store.keep_shard(some_job, {one.begin(), one.end()}, shard);
    store.end_search(some_job);
    CHECK(store.bytes() < store.bytes_max());
    REQUIRE(store.reserve_shard(third_job, share));
    CHECK_FALSE(store.find(some_job, one));
    CHECK(store.bytes() == cost.segment + cost.run);
  }
  SUBCASE("a job that is removed meanwhile counts as long") {
    store.drop(some_job);
    CHECK(store.bytes() == store.bytes_max());
    store.free_shard(some_job);
    CHECK(store.bytes() == 2 * cost.segment);
    store.end_search(some_job);
    CHECK(store.bytes() == cost.segment);
  }
}

TEST_CASE("points for searches have the rows, memory has them once") {
  const auto corpus = embed_corpus({});
  corpus_store store(1 << 20);
  const auto share = corpus.share(0, 2);
  const time_point at{};
  REQUIRE(store.plan_search(some_job, corpus.segments, at));
  REQUIRE(store.add(some_job, read(corpus, corpus.segments)));
  const auto before = store.bytes();
  const auto make = [&](const std::vector<planned_segment>& of) {
    return std::make_shared<const corpus_shard>(make_search_shard(*store.find(some_job, of), 5));
  };
  auto shard = make(share);
  store.keep_shard(some_job, share, shard);
  CHECK(store.shard(some_job, share, 5, at) == shard);
  CHECK_FALSE(store.shard(some_job, share, 4, at));
  CHECK_FALSE(store.shard(some_job, corpus.share(1, 2), 5, at));
  CHECK(store.bytes() - before == uint64_t{120} * (16 + 8)); // points, numbers and tokens
  CHECK(join_rows(*store.find(some_job, corpus.segments)).values == corpus.all.values);
  SUBCASE("another share takes its place, and what only the former had goes with it") {
    const std::vector<planned_segment> other{share[0], corpus.segments[1]};
    store.keep_shard(some_job, other, make(other));
    CHECK(store.find(some_job, other));
    CHECK(store.find(some_job, corpus.share(1, 2)));
    CHECK_FALSE(store.find(some_job, share));
    const auto lacking = store.plan_search(some_job, corpus.segments, at);
    REQUIRE(lacking);
    CHECK(lacking->size() == share.size() - 1);
  }
}

TEST_CASE("a shard in whose place there is another counts for as long as a search has it") {
  const auto corpus = embed_corpus({});
  const auto cost = measure(corpus);
  const std::vector share{corpus.segments.front()};
  const auto with_one = cost.segment + cost.run - uint64_t{20} * 16 * sizeof(float); // the rows are the shard's
  corpus_store store(with_one + cost.run + cost.segment - 1);
  const time_point at{};
  const auto make = [&](int32_t scale_exponent) {
    return std::make_shared<const corpus_shard>(make_search_shard(*store.find(some_job, share), scale_exponent));
  };
  REQUIRE(store.plan_search(some_job, share, at));
  REQUIRE(store.add(some_job, read(corpus, share)));
  store.keep_shard(some_job, share, make(5));
  REQUIRE(store.bytes() == with_one);
  auto searched = store.shard(some_job, share, 5, at);
  REQUIRE(searched);
  store.begin_search(some_job); // of the one that is here
  store.begin_search(some_job); // and one that makes another
  store.keep_shard(some_job, share, make(4));
  REQUIRE(store.find(some_job, share));
  CHECK(store.bytes() == with_one + cost.run);
  SUBCASE("until that search ends, not the one that made the other, and others have no room meanwhile") {
    store.end_search(some_job);
    CHECK(store.bytes() == with_one + cost.run);
    REQUIRE(store.plan_search(other_job, share, at));
    CHECK(code_of(store.add(other_job, read(corpus, share))) == errc::overloaded);
    store.end_search(some_job);
    CHECK(store.bytes() == with_one);
    CHECK(code_of(store.add(other_job, read(corpus, share))) == errc::none);
  }
  SUBCASE("though the job is removed meanwhile") {
    store.drop(some_job);
    CHECK(store.bytes() == with_one + cost.run);
    store.end_search(some_job);
    store.end_search(some_job);
    CHECK(store.bytes() == 0);
  }
  SUBCASE("or lets go of it, though searches follow each other without an end") {
    searched = nullptr;
    CHECK(store.bytes() == with_one);
    for (int32_t scale_exponent = 5; scale_exponent < 9; ++scale_exponent) {
      store.keep_shard(some_job, share, make(scale_exponent));
      CHECK(store.bytes() == with_one);
    }
  }
}
