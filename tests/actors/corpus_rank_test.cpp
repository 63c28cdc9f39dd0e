#include "actors/background_threads.hpp"
#include "actors/corpus_rank.hpp"
#include "tests/actors/embedded_corpus.hpp"
#include "tests/actors/gated_carrier.hpp"
#include "tests/support/held_engine.hpp"
#include "tests/support/memory_rank_carrier.hpp"

#include <optional>
#include <string>
#include <vector>

using namespace weft;
using namespace weft::test;

namespace {

/// Ranks of one corpus, each on its thread; the test looks when all have ended.
struct ranks {
  struct rank {
    std::vector<std::shared_ptr<const corpus_checkpoint>> checkpoints;
    std::optional<result<rank_outcome>> end;
    std::shared_ptr<corpus_rank> handle;
  };

  explicit ranks(uint32_t count) : all(count) {
    for (uint32_t r = 0; r < count; ++r)
      addresses.push_back("node" + std::to_string(r) + ":1");
  }
  void start(uint32_t r, uint64_t epoch = 1, std::shared_ptr<const corpus_checkpoint> from = nullptr,
             std::vector<corpus_engine> engines = {}) {
    auto& it = all[r];
    it.checkpoints.clear();
    it.end.reset();
    const auto count = static_cast<uint32_t>(all.size());
    it.handle = corpus_rank::start(
        {.seat = {.job = some_job, .group = {.epoch = epoch, .rank = r, .ranks = count}, .addresses = addresses},
         .carrier = std::make_shared<gated_carrier>(hub->carrier(addresses[r]), gate),
         .share = placed(corpus, corpus.share(r, count)),
         .options = usual_options,
         .from = std::move(from),
         .engines = std::move(engines),
         .patience = patient,
         .stepped = [&it](corpus_step, auto at) { it.checkpoints.push_back(std::move(at)); },
         .ended = [&it](result<rank_outcome> end) { it.end = std::move(end); }},
        [this](std::function<void()> task) { threads.run(std::move(task)); });
  }
  void check_outcome(const corpus_result& wanted) {
    threads.join();
    for (const auto& it : all) {
      REQUIRE(it.end);
      REQUIRE(*it.end);
      CHECK(*(*it.end)->result == wanted);
      CHECK((*it.end)->hash == body_hash(encode(wanted)));
    }
  }

  const embedded_corpus corpus = embed_corpus({});
  std::shared_ptr<memory_rank_hub> hub = memory_rank_hub::make();
  std::shared_ptr<rank_gate> gate = std::make_shared<rank_gate>();
  std::vector<std::string> addresses;
  std::vector<rank> all;
  background_threads threads;
};

} // namespace

TEST_CASE("ranks on threads make what one rank makes alone") {
  for (const uint32_t count : {1U, 2U, 3U}) {
    CAPTURE(count);
    ranks world(count);
    for (uint32_t r = 0; r < count; ++r)
      world.start(r);
    world.check_outcome(plain_outcome(world.corpus));
    CHECK(world.all[0].checkpoints.size() > 6);
  }
}

TEST_CASE("an abort from outside ends all ranks, and the next go on from the last checkpoint of any") {
  ranks world(2);
  world.gate->close_after(18);
  world.start(0);
  world.start(1);
  world.gate->await_rank();
  world.all[1].handle->abort({errc::unavailable, "told to"});
  world.threads.join();
  for (const auto& it : world.all) {
    REQUIRE(it.end);
    REQUIRE_FALSE(*it.end);
    CHECK(it.end->error().code == errc::unavailable);
    CHECK_FALSE(it.checkpoints.empty());
  }
  const auto from = world.all[0].checkpoints.back();
  const auto made = world.all[0].checkpoints.size();
  world.gate->open();
  world.start(0, 2, from);
  world.start(1, 2); // it has started anew
  world.check_outcome(plain_outcome(world.corpus));
  ranks whole(2);
  whole.start(0);
  whole.start(1);
  whole.threads.join();
  // The step of measuring is made once more, and k-means assigns once to the centroids of the checkpoint.
  CHECK(world.all[1].checkpoints.size() + made <= whole.all[1].checkpoints.size() + 2);
}

TEST_CASE("a rank that is aborted before it has joined, or after it has ended, does nothing") {
  ranks world(1);
  std::vector<std::function<void()>> held;
  std::optional<result<rank_outcome>> end;
  const auto rank = corpus_rank::start(
      {.seat = {.job = some_job, .group = {.epoch = 1, .rank = 0, .ranks = 1}, .addresses = world.addresses},
       .carrier = world.hub->carrier(world.addresses[0]),
       .share = placed(world.corpus, world.corpus.segments),
       .options = usual_options,
       .from = nullptr,
       .engines = {},
       .patience = patient,
       .stepped = [](corpus_step, auto) { FAIL_CHECK("it must not make a step"); },
       .ended = [&](result<rank_outcome> how) { end = std::move(how); }},
      [&](std::function<void()> task) { held.push_back(std::move(task)); });
  rank->abort({errc::cancelled, "not needed"});
  held[0]();
  REQUIRE(end);
  REQUIRE_FALSE(*end);
  CHECK(end->error().code == errc::cancelled);
  rank->abort({errc::unavailable, "too late"});
}

TEST_CASE("a rank whose node is not there ends with the carrier's reason") {
  ranks world(2);
  world.hub->kill(world.addresses[0]);
  world.start(0);
  world.threads.join();
  REQUIRE(world.all[0].end);
  REQUIRE_FALSE(*world.all[0].end);
  CHECK(world.all[0].end->error().code == errc::unavailable);
}

TEST_CASE("a rank's engines take the points with the same bits, and one that fails in between is done without") {
  for (const int answers : {1'000, 3, 0}) {
    CAPTURE(answers);
    ranks world(2);
    const auto lost = std::make_shared<held_engine>(), other = std::make_shared<held_engine>();
    lost->answers_max = answers;
    world.start(0, 1, nullptr, {engine_of(lost), engine_of(other)});
    world.start(1);
    world.check_outcome(plain_outcome(world.corpus));
    CHECK(lost->asked > 0);
    CHECK(lost->asked <= answers + 1); // not asked again after it has failed
    CHECK(other->asked >= lost->asked);
  }
}
