// Goodput when more comes than can be computed: pool_core under virtual time, seeded traffic, an engine that takes a
// fixed time a batch and a token.
#include "runtime/batching/pool_core.hpp"
#include "runtime/registry/operation_registry.hpp"
#include "tests/support/fake_model.hpp"
#include "tests/support/recording_call.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

using seconds = std::chrono::duration<double>;

/// What clients send: a call of so many texts, with so long to answer it.
struct traffic {
  uint32_t texts;
  uint32_t tokens; ///< of a text
  duration patience;
  double share; ///< of the calls
};

struct tally {
  uint32_t texts_per_call = 0;
  uint32_t sent = 0, in_time = 0, refused = 0;
  uint64_t tokens = 0; ///< of the calls that were in time
  double share() const { return static_cast<double>(in_time) / std::max(sent, 1u); }
};

constexpr double token_seconds = 1.0 / 50'000;
constexpr auto batch_overhead = 1ms;
constexpr batch_limits limits{.tokens_max = 2'048};
/// Tokens a second in full batches.
constexpr double peak = 2'048 / (2'048 * token_seconds + 0.001);

/// One engine, one pool and its clients.
struct overload_sim {
  overload_sim(uint64_t seed, const std::vector<traffic>& from)
      : random(seed), kinds(from), tallies(from.size()),
        core({.queue = {}, .cost = embed_operation("p").cost, .chunk_items = 32}) {
    core.serve(model.info());
    for (size_t kind = 0; kind < kinds.size(); ++kind)
      tallies[kind].texts_per_call = kinds[kind].texts;
  }

  double unit() { return static_cast<double>(random() >> 11) * 0x1p-53; }

  void enter(size_t kind) {
    const auto& it = kinds[kind];
    auto [call, outcome] =
        make_call(std::vector<std::string>(it.texts, std::string(it.tokens - 2, 'a')),
                  {.deadline = it.patience == duration::max() ? time_point::max() : now + it.patience});
    core.enter(std::move(call), now);
    while (auto chunk = core.next_chunk())
      core.tokenized(tokenize(model, *chunk), now);
    ++tallies[kind].sent;
    open.push_back({kind, outcome});
    settle(open.size() - 1);
  }

  /// Books the call when it has its answer.
  bool settle(size_t at) {
    const auto& it = open[at];
    if (!it.outcome->answered())
      return false;
    auto& tally = tallies[it.kind];
    if (it.outcome->code() == errc::none) {
      ++tally.in_time;
      tally.tokens += uint64_t{kinds[it.kind].texts} * kinds[it.kind].tokens;
    } else if (it.outcome->code() == errc::overloaded) {
      ++tally.refused;
    }
    open[at] = std::move(open.back());
    open.pop_back();
    return true;
  }

  void work_until(time_point end) {
    for (;;) {
      if (!running) {
        running = core.next_batch(limits, now);
        if (!running)
          break;
        seconds busy{static_cast<double>(running->tokens) * token_seconds};
        done_at = now + batch_overhead + std::chrono::duration_cast<duration>(busy);
      }
      if (done_at > end)
        break;
      now = done_at;
      core.computed(running->id, device->compute(pack(*running)), now);
      running.reset();
    }
    now = end;
    core.sweep(now);
    for (size_t at = 0; at < open.size();)
      at += settle(at) ? 0 : 1;
  }

  /// Poisson arrivals of `load` times what the engine can do; goodput() is that of this time.
  /// `finish`: then wait for the calls that are left.
  void run(double load, duration time, bool finish = true) {
    double mean = 0;
    for (const auto& it : kinds)
      mean += it.share * it.texts * it.tokens;
    auto end = now + time;
    auto before = tokens_in_time();
    while (now < end) {
      seconds gap{-std::log(1 - unit()) * mean / (load * peak)};
      work_until(now + std::chrono::duration_cast<duration>(gap));
      auto pick = unit();
      size_t kind = 0;
      while (kind + 1 < kinds.size() && pick >= kinds[kind].share)
        pick -= kinds[kind++].share;
      enter(kind);
    }
    goodput_ = static_cast<double>(tokens_in_time() - before) / (peak * seconds(time).count());
    if (finish)
      work_until(now + 60s);
  }

  uint64_t tokens_in_time() const {
    uint64_t tokens = 0;
    for (const auto& it : tallies)
      tokens += it.tokens;
    return tokens;
  }
  /// Tokens of calls answered in time, as a share of what the engine could have computed meanwhile.
  double goodput() const { return goodput_; }

  struct open_one {
    size_t kind;
    outcome_ptr outcome;
  };

  std::mt19937_64 random;
  std::vector<traffic> kinds;
  std::vector<tally> tallies;
  std::vector<open_one> open;
  time_point now{};
  time_point done_at{};
  batch_ptr running;
  double goodput_ = 0;
  std::shared_ptr<fake_device> device = std::make_shared<fake_device>();
  fake_model model{device};
  pool_core core;
};

const std::vector<traffic> equal_calls{{16, 62, 1s, 1}};
const std::vector<traffic> mixed_calls{{1, 32, 1s, 0.90}, {32, 62, 2s, 0.08}, {512, 62, 10s, 0.02}};

} // namespace

TEST_CASE("under overload the engines work for calls that are answered in time, and the others are told at once") {
  struct row {
    const std::vector<traffic>& kinds;
    double load, goodput; ///< at least
  };
  for (const auto& [kinds, load, goodput] :
       {row{equal_calls, 0.7, 0.65}, row{equal_calls, 1, 0.95}, row{equal_calls, 2, 0.95}, row{equal_calls, 4, 0.95},
        row{mixed_calls, 0.7, 0.65}, row{mixed_calls, 1, 0.80}, row{mixed_calls, 2, 0.75}, row{mixed_calls, 4, 0.70}}) {
    for (uint64_t seed : {1, 2, 3}) {
      CAPTURE(kinds.size());
      CAPTURE(load);
      CAPTURE(seed);
      overload_sim sim{seed, kinds};
      sim.run(load, 120s);
      CHECK(sim.goodput() >= goodput);
      std::string shares;
      for (const auto& it : sim.tallies) {
        shares += ", " + std::to_string(it.texts_per_call) + " texts: " + std::to_string(it.share());
        CHECK(it.in_time + it.refused >= it.sent * 0.98); // the rest learns it from its own clock
      }
      if (load <= 0.7)
        for (const auto& it : sim.tallies)
          CHECK(it.share() == 1);
      CHECK(sim.tallies.front().share() >= (kinds.size() > 1 ? 1 : 0.9 / std::max(load, 1.0)));
      if (seed == 1)
        MESSAGE("load " << load << ": goodput " << sim.goodput() << ", in time of calls of" << shares.substr(1));
    }
  }
}

TEST_CASE("of a burst that is too large the first part is answered in time, not all of it too late") {
  overload_sim sim{1, {{16, 62, 2s, 1}}};
  for (int i = 0; i < 300; ++i) // three times what 2 s can hold
    sim.enter(0);
  sim.work_until(time_point{} + 60s);
  CHECK(sim.tallies[0].in_time >= 95);
  CHECK(sim.tallies[0].in_time + sim.tallies[0].refused == 300);
  MESSAGE("of 300 calls at once, 100 of them possible: " << sim.tallies[0].in_time << " in time");
}

TEST_CASE("a large call is done in about four times its own time, however many small ones come") {
  overload_sim sim{1, {{1, 32, 1s, 1}, {512, 62, duration::max(), 0}}};
  sim.run(2, 5s, false);
  auto entered = sim.now;
  sim.enter(1);
  while (sim.tallies[1].in_time == 0 && sim.now < entered + 20s)
    sim.run(2, 100ms, false);
  auto alone = 512 * 62 / peak;
  CHECK(seconds(sim.now - entered).count() <= 4 * alone + 1.2); // of those before it, too, some are older
  CHECK(sim.tallies[0].in_time > 0);
}

TEST_CASE("what was slow once does not refuse calls for ever") {
  overload_sim sim{1, equal_calls};
  sim.run(2, 10s);
  sim.now += 600s; // stopped, with a batch under way
  sim.run(0.9, 20s);
  const auto before = sim.tallies[0];
  sim.run(0.9, 20s);
  CHECK(sim.tallies[0].in_time - before.in_time >= 0.97 * (sim.tallies[0].sent - before.sent));
}

TEST_CASE("switched off, nothing is refused for its deadline") {
  overload_sim sim{1, equal_calls};
  sim.core.set_refuse_late(false);
  sim.run(2, 5s);
  CHECK(sim.tallies[0].refused == 0);
  CHECK(sim.tallies[0].in_time < sim.tallies[0].sent);
}
