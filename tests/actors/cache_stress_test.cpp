#include "actors/actor_tree.hpp"
#include "tests/support/fake_model.hpp"
#include "tests/support/recording_call.hpp"
#include "tests/support/threaded_store.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

// Real threads and the real clock, for ThreadSanitizer to watch.
namespace {

constexpr uint32_t threads = 16;
constexpr int calls_a_thread = 250;
constexpr size_t window = 24; ///< calls of one thread that are not waited for yet
constexpr size_t keys = 300;

/// Zipf's law with exponent 1 over the keys: a few are asked for all the time, by all threads at once.
std::string text_of(std::mt19937& random) {
  const double at = std::uniform_real_distribution<>{0, std::log(static_cast<double>(keys))}(random);
  const auto key = static_cast<size_t>(std::exp(at));
  return "text " + std::to_string(key) + std::string(key % 40, static_cast<char>('a' + key % 26));
}

struct asked {
  std::vector<std::string> texts;
  outcome_ptr outcome;
};

struct tally {
  std::mutex mutex;
  std::map<errc, int> codes;
  std::map<source, int> sources;
  int wrong = 0;
  int answered_twice = 0;

  void take(const asked& one, const fake_model& same) {
    one.outcome->wait();
    const std::lock_guard hold(mutex);
    answered_twice += one.outcome->answers() == 1 ? 0 : 1;
    ++codes[one.outcome->code()];
    if (one.outcome->code() != errc::none)
      return;
    const auto reply = one.outcome->reply();
    wrong += reply.items.size() == one.texts.size() ? 0 : 1;
    for (size_t i = 0; i < std::min(reply.items.size(), one.texts.size()); ++i) {
      wrong += reply.items[i].values == same.vector(one.texts[i]) ? 0 : 1;
      ++sources[reply.items[i].source];
    }
  }
};

void submit_many(actor_tree& tree, const fake_model& same, uint32_t seed, tally& all) {
  std::mt19937 random{seed};
  std::vector<asked> mine;
  std::vector<std::weak_ptr<call>> live;
  for (int i = 0; i < calls_a_thread; ++i) {
    std::vector<std::string> texts;
    for (auto n = random() % 6 + 1; n > 0; --n)
      texts.push_back(text_of(random));
    const auto deadline = random() % 20 == 0 ? std::chrono::steady_clock::now() + 1ms : time_point::max();
    auto [call, outcome] = make_call(texts, {.deadline = deadline, .tenant = random() % 2 == 0 ? "a" : "b"});
    live.push_back(call);
    mine.push_back({std::move(texts), outcome});
    tree.entrance().submit(std::move(call));
    if (auto victim = live[live.size() - 1 - random() % std::min(live.size(), window)].lock();
        victim && random() % 8 == 0)
      victim->cancel();
    if (mine.size() > window)
      mine[mine.size() - window].outcome->wait();
  }
  for (const auto& one : mine)
    all.take(one, same);
}

} // namespace

TEST_CASE("sixteen threads ask for the same few texts, cancel and expire, while memory overflows and is cleared: each "
          "call is answered once, with the vectors of its texts") {
  auto device = std::make_shared<fake_device>(fake_device::mode::threads);
  tree_options options{.node_name = "n1", .version = "0.1.0"};
  options.models.push_back({"m", model_load::kept, [device]() -> result<model_ptr> {
                              return model_ptr{std::make_shared<fake_model>(device)};
                            }});
  options.pools.push_back({.model = "m", .workers_min = 2, .workers_max = 2, .tokenizers = 2});
  options.cache.enabled = true;
  options.cache.shards = 4;
  options.cache.stores = {std::make_shared<threaded_store>(), std::make_shared<threaded_store>(),
                          std::make_shared<threaded_store>(), std::make_shared<threaded_store>()};
  // A few dozen entries a level: everything moves all the time.
  options.cache.shard.spaces = {{"embed", {.l1_bytes_max = 8'000, .l2_bytes_max = 8'000}}};
  tally all;
  {
    actor_tree tree{options};
    const fake_model same{device};
    std::vector<std::thread> submitters;
    for (uint32_t t = 0; t < threads; ++t)
      submitters.emplace_back([&, t] {
        submit_many(tree, same, 500 + t, all);
        if (t < 3)
          tree.clear_cache(t + 1);
      });
    for (auto& submitter : submitters)
      submitter.join();
  }
  CHECK(all.wrong == 0);
  CHECK(all.answered_twice == 0);
  int answers = 0;
  for (const auto& [code, count] : all.codes) {
    CAPTURE(to_string(code));
    CHECK((code == errc::none || code == errc::cancelled || code == errc::deadline_exceeded));
    answers += count;
  }
  CHECK(answers == static_cast<int>(threads) * calls_a_thread);
  CHECK(all.codes[errc::none] > answers / 2);
  for (const auto from : {source::computed, source::memory, source::store}) {
    CAPTURE(to_string(from));
    CHECK(all.sources[from] > 0);
  }
  CHECK(device->engines_alive == 0);
}
