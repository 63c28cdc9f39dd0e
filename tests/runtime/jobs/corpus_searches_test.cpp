#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/points/quantize.hpp"
#include "tests/runtime/jobs/fake_device_groups.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

using namespace weft;
using namespace weft::test;

namespace {

std::vector<std::string> some_corpus_texts(size_t count) {
  std::vector<std::string> out;
  for (size_t i = 0; i < count; ++i)
    out.push_back((i % 13 == 5 ? "bad " : "words ") + std::to_string(i));
  return out;
}

struct searched_world {
  explicit searched_world(size_t nodes = 3) : world{nodes}, devices{world} {
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
        CHECK(hits[h].text == (asked.with_texts ? texts[best[h].second] : ""));
      }
    }
  }

  const std::vector<std::string> texts = some_corpus_texts(1'500);
  const job_id id = jobs_world::id_of("r");
  jobs_world world;
  fake_device_groups devices;
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
  CHECK(refused([](auto& query) { query.job.tenant = "another"; }) == errc::unknown_job);
}
