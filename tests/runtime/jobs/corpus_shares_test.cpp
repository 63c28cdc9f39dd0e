#include "runtime/jobs/corpus_shares.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace weft;

namespace {

constexpr job_id some_job{.high = 1, .low = 2};

/// What a node is asked to search of one segment.
corpus_share_search search_of(size_t queries) {
  return {.job = some_job,
          .scale_exponent = 5,
          .roster = 7,
          .items = 20,
          .job_items = 20,
          .share = {{.segment = 0, .first_number = 0, .items = 20, .hash = 9}},
          .queries = std::vector<float>(queries * 8, 0.5F),
          .options = {}};
}

struct shares_world {
  explicit shares_world(jobs_options options = {}) : state(node_id{1}, std::move(options)) {}

  /// Codes of the answers to other nodes since the last call.
  std::vector<errc> answers() {
    state.desk.settle();
    std::vector<errc> out;
    for (const auto& effect : state.desk.take())
      if (const auto* answer = std::get_if<answer_node>(&effect))
        out.push_back(answer->answer ? errc::none : answer->answer.error().code);
    return out;
  }
  void ask(size_t queries) { shares.search(++exchange, corpus_search{encode(search_of(queries))}); }

  jobs_state state;
  corpus_loader loader{state, [](segment_id) {}};
  corpus_shares shares{state, loader};
  uint64_t exchange = 0;
};

} // namespace

TEST_CASE("searches that wait have only so many bytes, and one alone any number") {
  jobs_options options;
  options.corpus_search_bytes_max = 10'000;
  shares_world it(options);
  it.ask(1'000); // 32 000 bytes, alone
  CHECK(it.answers().empty());
  it.ask(1);
  CHECK(it.answers() == std::vector{errc::overloaded});
  it.state.now.steady += options.corpus_search_within;
  it.shares.tick(); // the first is given up
  CHECK(it.answers() == std::vector{errc::deadline_exceeded});
  for (int i = 0; i < 3; ++i)
    it.ask(100); // 3 200 bytes and their share each
  CHECK(it.answers().empty());
  it.ask(100);
  CHECK(it.answers() == std::vector{errc::overloaded});
}

TEST_CASE("no more searches wait than may") {
  jobs_options options;
  options.corpus_questions_max = 2;
  shares_world it(options);
  for (int i = 0; i < 3; ++i)
    it.ask(1);
  CHECK(it.answers() == std::vector{errc::overloaded});
}
