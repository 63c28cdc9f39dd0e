#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/points/quantize.hpp"
#include "tests/runtime/jobs/jobs_world_devices.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <utility>

using namespace weft;
using namespace weft::test;

namespace {

std::vector<std::string> some_corpus_texts(size_t count, size_t padding) {
  std::vector<std::string> out;
  for (size_t i = 0; i < count; ++i)
    out.push_back((i % 13 == 5 ? "bad " : "words ") + std::to_string(i) + std::string(padding, '.'));
  return out;
}

struct searched_world {
  explicit searched_world(size_t nodes = 3, size_t padding = 0)
      : texts{some_corpus_texts(1'500, padding)}, world{nodes}, devices{world} {
    REQUIRE(world.submit(0, "r", texts, [](job_opening& opening) {
      opening.corpus = encode(corpus_options{.clusters = 4, .iterations_max = 3, .duplicate_similarity = 0});
    }));
    REQUIRE(world.run_until([&] { return is_end(world.header(0, id)->state); }, 60s));
    REQUIRE(world.run_until([&] { return devices.remembered() == 0; }, 20s));
  }

  corpus_query query(uint32_t count = 7) const {
    corpus_query out{.job = jobs_world::question(id)};
    for (const auto* text : {"something", "words 77", "else"}) {
      const auto values = corpus_item(text).value.values;
      out.vectors.insert(out.vectors.end(), values.begin(), values.end());
    }
    out.count = count;
    return out;
  }
  result<corpus_hits> ended(size_t i, uint64_t question) {
    REQUIRE(world.run_until([&] { return world.at(i).hits.contains(question); }, 120s));
    return world.at(i).hits.at(question);
  }

  /// By all cosines of the vectors themselves.
  void check_brute_force(const result<corpus_hits>& found, const corpus_query& asked) const {
    if (!found)
      FAIL(found.error().message);
    constexpr size_t dimensions = 8;
    REQUIRE(found->size() == asked.vectors.size() / dimensions);
    for (size_t q = 0; q < found->size(); ++q) {
      CAPTURE(q);
      std::vector<std::pair<double, uint64_t>> best;
      for (size_t i = 0; i < texts.size(); ++i) {
        const auto item = corpus_item(texts[i]);
        double cosine = 0;
        for (size_t d = 0; !item.failed() && d < dimensions; ++d)
          cosine += double{item.value.values[d]} * double{asked.vectors[q * dimensions + d]};
        if (!item.failed())
          best.emplace_back(-cosine, i);
      }
      std::sort(best.begin(), best.end());
      const auto& hits = (*found)[q];
      REQUIRE(hits.size() == asked.count);
      for (size_t h = 0; h < hits.size(); ++h) {
        CHECK(hits[h].item == best[h].second);
        CHECK(hits[h].score == doctest::Approx(-best[h].first).epsilon(1e-4));
        CHECK((hits[h].text ? *hits[h].text : "") == (asked.with_texts ? texts[best[h].second] : ""));
      }
    }
  }

  const std::vector<std::string> texts;
  const job_id id = jobs_world::id_of("r");
  jobs_world world;
  jobs_world_devices devices;
};

} // namespace

TEST_CASE("a search of a corpus gives the nearest items of all, whichever node is asked") {
  searched_world it;
  for (size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    const auto query = it.query();
    it.check_brute_force(it.ended(i, it.world.rank_corpus(i, query)), query);
  }
  const auto fed = it.devices.segments_fed();
  auto query = it.query(3);
  query.with_texts = false;
  it.check_brute_force(it.ended(1, it.world.rank_corpus(1, query)), query);
  CHECK(it.devices.segments_fed() == fed); // its vectors stayed in memory
}

TEST_CASE("what is said of a former load of the same corpus is not heard") {
  searched_world it;
  auto usual = std::exchange(it.world.corpora, {});
  size_t stale = 0;
  it.world.corpora = [&](size_t node, corpus_effect& effect) {
    const failure late{errc::overloaded, "of a former load"};
    const auto tell = [&](corpus_event event) {
      ++stale;
      it.world.tell_corpus(node, 0ms, std::move(event));
    };
    if (const auto* plan = std::get_if<plan_corpus>(&effect))
      tell(corpus_events::lacks{plan->job, plan->epoch, late, plan->number - 1});
    if (const auto* feed = std::get_if<feed_corpus>(&effect)) {
      tell(corpus_events::fed{feed->job, feed->epoch, ok, feed->number - 1});
      tell(corpus_events::fed{feed->job, feed->epoch, late, feed->number - 1});
    }
    if (const auto* seal = std::get_if<seal_corpus>(&effect))
      tell(corpus_events::loaded{seal->job, seal->epoch, late, seal->number - 1});
    usual(node, effect);
  };
  const auto query = it.query();
  it.check_brute_force(it.ended(0, it.world.rank_corpus(0, query)), query);
  CHECK(stale > 6);
}

TEST_CASE("several searches at once are each answered") {
  searched_world it;
  std::vector<std::pair<size_t, uint64_t>> asked;
  const auto query = it.query();
  for (size_t n = 0; n < 12; ++n)
    asked.emplace_back(n % 3, it.world.rank_corpus(n % 3, query));
  for (const auto& [node, question] : asked)
    it.check_brute_force(it.ended(node, question), query);
}

TEST_CASE("a search survives the death of a holder: the whole is searched, by those that are left") {
  for (const auto before : {0ms, 4ms, 30ms}) {
    CAPTURE(before.count());
    searched_world it;
    const auto query = it.query();
    const auto question = it.world.rank_corpus(0, query);
    it.world.advance(before);
    it.world.kill(1);
    it.world.tell_members();
    it.check_brute_force(it.ended(0, question), query);
  }
}

TEST_CASE("a holder that does not answer is asked no more, and the whole is searched without it") {
  searched_world it;
  const auto query = it.query();
  it.world.cut(0, 2); // and nobody has noticed
  it.check_brute_force(it.ended(0, it.world.rank_corpus(0, query)), query);
}

TEST_CASE("a corpus of which a part is on no live node is not searched in part") {
  searched_world it{5};
  std::vector<size_t> holders; // of the first segment
  for (size_t i = 0; i < 5; ++i)
    if (it.world.at(i).segments.contains({it.id, 0}))
      holders.push_back(i);
  REQUIRE(holders.size() == 3);
  for (const auto i : holders)
    it.world.kill(i);
  it.world.tell_members();
  size_t asked = 0;
  while (!it.world.at(asked).up)
    ++asked;
  const auto found = it.ended(asked, it.world.rank_corpus(asked, it.query()));
  REQUIRE(!found);
  CHECK(found.error().code == errc::unavailable);
}

TEST_CASE("a node without a part that is cut off from all others does not say that the corpus has nothing") {
  searched_world it{12};
  size_t asked = 0; // holds no segment of it
  while (asked < 12 && !it.world.at(asked).segments.empty())
    ++asked;
  REQUIRE(asked < 12);
  it.check_brute_force(it.ended(asked, it.world.rank_corpus(asked, it.query())), it.query());
  for (size_t i = 0; i < 12; ++i)
    if (i != asked)
      it.world.cut(asked, i); // and nobody has noticed
  const auto found = it.ended(asked, it.world.rank_corpus(asked, it.query()));
  REQUIRE(!found);
  CHECK(found.error().code == errc::unavailable);
}

TEST_CASE("queries that do not fit the corpus are refused with the reason") {
  searched_world it;
  const auto refused = [&](auto change) {
    auto query = it.query();
    change(query);
    const auto found = it.ended(0, it.world.rank_corpus(0, query));
    REQUIRE(!found);
    CHECK(!found.error().message.empty());
    return found.error().code;
  };
  CHECK(refused([](auto& query) { query.vectors.pop_back(); }) == errc::invalid_argument);
  CHECK(refused([](auto& query) { query.vectors.clear(); }) == errc::invalid_argument);
  CHECK(refused([](auto& query) { query.count = 0; }) == errc::invalid_argument);
  CHECK(refused([](auto& query) { query.model_version = "2"; }) == errc::other_identity);
  CHECK(refused([](auto& query) { query.precision = numeric_class::fp16; }) == errc::other_identity);
  CHECK(refused([](auto& query) { query.job.tenant = "another"; }) == errc::unknown_job);
}

TEST_CASE("texts that are more than an answer may have are refused before they are there, and found by several queries "
          "they are there once") {
  searched_world it(3, 400);
  corpus_query many{.job = jobs_world::question(it.id), .count = 1'000};
  for (int i = 0; i < 200; ++i) {
    const auto values = corpus_item("query " + std::to_string(i)).value.values;
    many.vectors.insert(many.vectors.end(), values.begin(), values.end());
  }
  const auto refused = it.ended(0, it.world.rank_corpus(0, many)); // 200 · 1 000 · 400 bytes
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::call_too_large);
  CHECK(refused.error().message.find("without texts") != std::string::npos);
  many.with_texts = false;
  CHECK(it.ended(0, it.world.rank_corpus(0, many)));
  auto two = it.query(1);
  two.vectors.resize(8);
  two.vectors.insert(two.vectors.end(), two.vectors.begin(), two.vectors.begin() + 8);
  const auto found = it.ended(0, it.world.rank_corpus(0, two));
  REQUIRE(found);
  REQUIRE((*found)[0][0].text);
  CHECK((*found)[0][0].text == (*found)[1][0].text); // not only equal
}
