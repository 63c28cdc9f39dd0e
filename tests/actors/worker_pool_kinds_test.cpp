#include "tests/actors/actor_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

/// A device in virtual time: a batch takes it a fixed time and one for each token.
struct kind {
  device_kind what;
  std::string name;
  duration fixed;
  duration token;
  uint32_t best;
};
const kind cpu_kind{device_kind::cpu, "", 200us, 100us, 512};
const kind gpu_kind{device_kind::gpu, "fake device", 3ms, 1us, 8'448};

/// What engines of a test have to do.
struct desk {
  struct piece {
    time_point ends{};
    std::chrono::nanoseconds busy{};
    embed_batch work;
    std::function<void(engine_reply)> done;
  };
  std::vector<std::deque<piece>> engines; ///< by worker
  std::function<time_point()> now;
};

class timed_engine final : public engine {
public:
  timed_engine(std::shared_ptr<desk> at, uint32_t index, const kind& is) : at_(std::move(at)), index_(index), is_(is) {
    info_ = {.device = std::string{to_string(is.what)} + ":" + std::to_string(index),
             .dimensions = fake_engine_dimensions,
             .batch_tokens_best = is.best,
             .kind = is.what,
             .name = is.name,
             .memory_bytes = is.what == device_kind::gpu ? 1'000u : 0u};
  }
  const engine_info& info() const noexcept override { return info_; }
  void run(engine_work work, std::function<void(engine_reply)> done) override {
    auto batch = std::get<embed_batch>(std::move(work));
    auto& queue = at_->engines.at(index_);
    const auto begins = queue.empty() ? at_->now() : std::max(at_->now(), queue.back().ends);
    const auto busy = is_.fixed + is_.token * static_cast<int64_t>(batch.ids.size());
    queue.push_back({begins + busy, busy, std::move(batch), std::move(done)});
  }

private:
  std::shared_ptr<desk> at_;
  uint32_t index_;
  kind is_;
  engine_info info_;
};

/// The fake model on engines of several kinds, one a worker.
class timed_model final : public model {
public:
  timed_model(std::shared_ptr<fake_device> device, std::shared_ptr<desk> at, std::vector<kind> kinds)
      : texts_(std::move(device)), at_(std::move(at)), kinds_(std::move(kinds)) {}
  const model_info& info() const noexcept override { return texts_.info(); }
  result<token_sequence> tokenize(std::string_view text, const embed_options& options) const override {
    return texts_.tokenize(text, options);
  }
  uint64_t count_tokens(std::string_view text) const override { return texts_.count_tokens(text); }
  result<std::unique_ptr<engine>> make_engine(const engine_options& options) const override {
    return std::unique_ptr<engine>{std::make_unique<timed_engine>(at_, options.index, kinds_.at(options.index))};
  }

private:
  fake_model texts_;
  std::shared_ptr<desk> at_;
  std::vector<kind> kinds_;
};

struct kinds_world : actor_world {
  explicit kinds_world(std::vector<kind> kinds) {
    at->engines.resize(kinds.size());
    at->now = [this] { return now(); };
    options.models[0].open = [this, kinds]() -> result<model_ptr> {
      return model_ptr{std::make_shared<timed_model>(device, at, kinds)};
    };
    options.pools[0].workers_min = options.pools[0].workers_max = static_cast<uint32_t>(kinds.size());
    start();
  }
  ~kinds_world() { run(); }

  /// Time goes on until no engine has anything to do.
  void run() {
    for (;;) {
      std::deque<desk::piece>* next = nullptr;
      for (auto& queue : at->engines)
        if (!queue.empty() && (!next || queue.front().ends < next->front().ends))
          next = &queue;
      if (!next)
        return;
      auto piece = std::move(next->front());
      next->pop_front();
      if (piece.ends > now())
        advance(piece.ends - now());
      piece.done({device->compute(piece.work).output, piece.busy});
      step();
    }
  }
  /// A call of texts with so many tokens each, alone: who computed it.
  std::vector<std::string> call(size_t texts, size_t tokens) {
    meter->computed.clear();
    const auto outcome = submit(std::vector<std::string>(texts, std::string(tokens - 2, 'a')));
    run();
    REQUIRE(outcome->answered());
    CHECK(outcome->code() == errc::none);
    std::vector<std::string> out;
    for (const auto& entry : meter->computed)
      out.push_back(entry.first);
    return out;
  }
  void learn() {
    for (int i = 0; i < 20; ++i) {
      call(1, 10);
      call(200, 250);
    }
  }

  std::shared_ptr<desk> at = std::make_shared<desk>();
};

using names = std::vector<std::string>;

} // namespace

TEST_CASE("of a pool with both, the CPU computes a small call and the device a large one") {
  kinds_world world({gpu_kind, cpu_kind});
  world.learn();
  CHECK(world.call(1, 10) == names{"cpu:1"});
  CHECK(world.call(1, 200) == names{"gpu:0"});
  CHECK(world.call(16, 250) == names{"gpu:0"});
  CHECK(world.call(1, 10) == names{"cpu:1"});
}

TEST_CASE("the pool tells what its workers run on, and how fast that is") {
  kinds_world world({cpu_kind, gpu_kind});
  const auto before = world.pool_state().engines;
  REQUIRE(before.size() == 2);
  CHECK(before[1].info.device == "gpu:1");
  CHECK(before[1].info.kind == device_kind::gpu);
  CHECK(before[1].info.name == "fake device");
  CHECK(before[1].info.memory_bytes == 1'000);
  CHECK(before[1].tokens_per_second == 0);
  world.learn();
  const auto after = world.pool_state().engines;
  CHECK(after[0].tokens_per_second > 5'000);
  CHECK(after[0].tokens_per_second < 10'000);
  CHECK(after[1].tokens_per_second > 300'000);
  CHECK(after[1].batch_seconds == doctest::Approx(3e-3).epsilon(0.05));
  const auto load = world.services->loads->now();
  CHECK(load.tokens_per_second == doctest::Approx(after[0].tokens_per_second + after[1].tokens_per_second));
  CHECK(load.groups[0].engines == 1);
  CHECK(load.groups[0].tokens_per_second == doctest::Approx(1e4).epsilon(0.05));
  CHECK(load.groups[1].tokens_per_second == doctest::Approx(1e6).epsilon(0.05));
  CHECK(load.groups[2].engines == 0);
}

TEST_CASE("texts that wait for the better worker go when it is done, and a call that nobody takes keeps its deadline") {
  kinds_world world({gpu_kind, cpu_kind});
  world.learn();
  const auto large = world.submit(std::vector<std::string>(34, std::string(248, 'a'))); // 8 500 tokens
  const auto next = world.submit({std::string(198, 'b')}); // 20 ms at the CPU, which has nothing to do
  const auto late = world.submit({std::string(198, 'c')}, {.deadline = world.now() + 1ms});
  world.advance(1ms);
  CHECK(late->code() == errc::deadline_exceeded);
  world.run();
  CHECK(large->code() == errc::none);
  CHECK(next->code() == errc::none);
}
