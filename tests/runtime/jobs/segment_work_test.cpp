#include "runtime/corpus_job/corpus_terms.hpp"
#include "runtime/jobs/segment_work.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <numeric>
#include <string>
#include <vector>

using namespace weft;

namespace {

using places = std::vector<uint32_t>;

constexpr uint64_t all_bytes = UINT64_MAX;

std::shared_ptr<const segment_texts> texts_of(size_t count) {
  auto texts = std::make_shared<segment_texts>();
  for (size_t i = 0; i < count; ++i)
    texts->texts.push_back("t" + std::to_string(i));
  return texts;
}

places all(uint32_t count) {
  places items(count);
  std::iota(items.begin(), items.end(), 0u);
  return items;
}

segment_results results_for(const places& items, const std::string& version = "1") {
  segment_results results;
  results.model = "m";
  results.model_version = version;
  results.usage.tokens = items.size();
  for (const auto item : items) {
    item_outcome outcome;
    outcome.value.values = {static_cast<float>(item)};
    results.items.push_back(outcome);
  }
  return results;
}

failure about(errc code, uint32_t item) {
  return {code, "text " + std::to_string(item) + ": bad", {{"item", std::to_string(item)}}};
}

} // namespace

TEST_CASE("a run has no more bytes of texts than it may, and at least one text") {
  auto texts = std::make_shared<segment_texts>();
  texts->texts = {"four", "four", "0123456789", "", "four", "four"};
  segment_work work{texts, 0};
  CHECK(work.take_slice(8) == places{0, 1});
  CHECK(work.take_slice(8) == places{2}); // and the empty one would not fit, either
  CHECK(work.take_slice(8) == places{3, 4, 5});
  CHECK(work.take_slice(8) == places{});
  CHECK(!work.ran({0, 1}, results_for({0, 1})));
  CHECK(!work.ran({3, 4, 5}, results_for({3, 4, 5})));
  CHECK(work.ran({2}, failure{errc::overloaded, "busy"}) == failure_kind::passing);
  CHECK(work.take_slice(8) == places{2}); // it comes again
  CHECK(!work.ran({2}, results_for({2})));
  REQUIRE(work.done());
  const auto results = work.take_results();
  for (uint32_t item = 0; item < 6; ++item)
    CHECK(results.items[item].value.values == std::vector<float>{static_cast<float>(item)});
}

TEST_CASE("a run that goes well settles everything") {
  segment_work work{texts_of(3), 0};
  const auto slice = work.take_slice(all_bytes);
  CHECK(slice == all(3));
  CHECK(!work.has_slices());
  CHECK(!work.ran(slice, results_for(slice)));
  REQUIRE(work.done());
  const auto results = work.take_results();
  CHECK(results.model_version == "1");
  CHECK(results.usage.tokens == 3);
  CHECK(results.items[2].value.values == std::vector<float>{2});
}

TEST_CASE("a text that no engine takes fails at once, under its number in the job, and the rest is run again") {
  for (const auto code : {errc::invalid_utf8, errc::text_too_long, errc::text_too_large}) {
    CAPTURE(to_string(code));
    segment_work work{texts_of(4), 1'000};
    CHECK(work.ran(work.take_slice(all_bytes), about(code, 1)) == failure_kind::about_text);
    const auto rest = work.take_slice(all_bytes);
    CHECK(rest == places{0, 2, 3});
    CHECK(work.ran(rest, about(code, 2)) == failure_kind::about_text); // the place in the run: item 3
    const auto last = work.take_slice(all_bytes);
    CHECK(last == places{0, 2});
    CHECK(!work.ran(last, results_for(last)));
    REQUIRE(work.done());
    const auto results = work.take_results();
    CHECK(results.items[1].code == code);
    CHECK(results.items[1].message == "text 1001: bad");
    CHECK(results.items[3].message == "text 1003: bad");
    CHECK(!results.items[2].failed());
    CHECK(results.items[2].value.values == std::vector<float>{2});
  }
}

TEST_CASE("a failure of a whole run is halved until the poison stands alone") {
  constexpr uint32_t poison = 5;
  segment_work work{texts_of(64), 0};
  size_t runs = 0;
  while (work.has_slices()) {
    const auto slice = work.take_slice(all_bytes);
    ++runs;
    if (std::find(slice.begin(), slice.end(), poison) != slice.end())
      CHECK(work.ran(slice, failure{errc::engine_failed, "the engine crashed"}) == failure_kind::about_items);
    else
      CHECK(!work.ran(slice, results_for(slice)));
  }
  CHECK(runs == 1 + 2 * 6);
  CHECK(!work.done());
  CHECK(work.suspects() == places{poison});
  CHECK(work.suspects_work().texts == std::vector<std::string>{"t5"});
  SUBCASE("another node can do it") {
    CHECK(work.tried_elsewhere(results_for({poison})));
    REQUIRE(work.done());
    CHECK(!work.take_results().items[poison].failed());
  }
  SUBCASE("nobody can") {
    segment_results failed;
    failed.items.resize(1);
    failed.items[0].code = errc::engine_failed;
    failed.items[0].message = "text 0: crashed";
    CHECK(work.tried_elsewhere(failed));
    CHECK(!work.done());
    work.give_up(3);
    REQUIRE(work.done());
    const auto results = work.take_results();
    CHECK(results.items[poison].code == errc::engine_failed);
    CHECK(results.items[poison].message == "text 5: crashed (tried on 3 nodes)");
    CHECK(!results.items[poison + 1].failed());
  }
  SUBCASE("an answer to something else changes nothing") {
    CHECK(!work.tried_elsewhere(results_for({1, 2})));
    CHECK(work.suspects() == places{poison});
  }
}

TEST_CASE("an engine that names an item stands it alone at once") {
  segment_work work{texts_of(8), 0};
  CHECK(work.ran(work.take_slice(all_bytes), about(errc::engine_failed, 3)) == failure_kind::about_items);
  CHECK(work.take_slice(all_bytes) == places{3});
  CHECK(work.take_slice(all_bytes) == places{0, 1, 2, 4, 5, 6, 7});
}

TEST_CASE("what passes puts the slice back and fails nothing") {
  for (const auto code : {errc::overloaded, errc::unavailable, errc::model_loading, errc::draining,
                          errc::deadline_exceeded, errc::storage_full}) {
    CAPTURE(to_string(code));
    segment_work work{texts_of(2), 0};
    CHECK(work.ran(work.take_slice(all_bytes), failure{code, "later"}) == failure_kind::passing);
    CHECK(work.untouched());
    CHECK(work.take_slice(all_bytes) == all(2));
  }
}

TEST_CASE("a node that cannot do it at all makes everything a suspect, and giving up never fails it") {
  segment_work work{texts_of(3), 0};
  CHECK(work.ran(work.take_slice(all_bytes), failure{errc::unknown_model, "no m"}) == failure_kind::about_node);
  CHECK(work.unfit());
  CHECK(work.suspects() == all(3));
  work.give_up(1);
  CHECK(!work.done());
  CHECK(work.take_slice(all_bytes) == all(3));
}

TEST_CASE("a segment is computed in one way: results of a former version are computed again") {
  segment_work work{texts_of(4), 0};
  CHECK(work.ran(work.take_slice(all_bytes), failure{errc::internal, "defect"}) == failure_kind::about_items);
  const auto first = work.take_slice(all_bytes);
  const auto second = work.take_slice(all_bytes);
  CHECK(!work.ran(first, results_for(first, "1")));
  CHECK(!work.ran(second, results_for(second, "2")));
  CHECK(!work.done());
  const auto again = work.take_slice(all_bytes);
  CHECK(again == first);
  CHECK(!work.ran(again, results_for(again, "2")));
  REQUIRE(work.done());
  CHECK(work.take_results().model_version == "2");
}

TEST_CASE("another node's results count only when it computes in the same way") {
  segment_work work{texts_of(2), 0};
  CHECK(work.ran(work.take_slice(all_bytes), about(errc::engine_failed, 0)) == failure_kind::about_items);
  CHECK(work.ran(work.take_slice(all_bytes), failure{errc::engine_failed, "crashed"}) == failure_kind::about_items);
  const auto rest = work.take_slice(all_bytes);
  CHECK(!work.ran(rest, results_for(rest, "1")));
  CHECK(work.tried_elsewhere(results_for({0}, "2")));
  CHECK(work.suspects() == places{0});
}

TEST_CASE("a run that answers with another number of items has failed") {
  segment_work work{texts_of(2), 0};
  CHECK(work.ran(work.take_slice(all_bytes), results_for({0})) == failure_kind::about_items);
  CHECK(work.take_slice(all_bytes) == places{0});
}

TEST_CASE("results of another numeric class than the job's do not count, from here or elsewhere, and fail no item") {
  segment_texts bound;
  bound.spec.corpus = encode(corpus_terms{{}, numeric_class::bf16});
  bound.texts = {"a", "b"};
  segment_work work{std::make_shared<const segment_texts>(bound), 0};
  auto wrong = results_for(work.take_slice(all_bytes)); // fp32
  const auto checked = work.checked(wrong);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == errc::other_identity);
  CHECK(work.ran({0, 1}, checked) == failure_kind::passing); // another node, or this one later
  CHECK(work.untouched());
  const auto again = work.take_slice(all_bytes);
  CHECK(again == places{0, 1});
  CHECK(work.ran(again, failure{errc::unknown_model, "gone"}) == failure_kind::about_node);
  CHECK(work.tried_elsewhere(results_for({0, 1})));
  CHECK(work.suspects() == places{0, 1});
  auto right = results_for({0, 1});
  right.precision = numeric_class::bf16;
  CHECK(work.checked(right));
  CHECK(work.tried_elsewhere(right));
  REQUIRE(work.done());
  CHECK(work.take_results().precision == numeric_class::bf16);
}
