#include "runtime/batching/pool_core.hpp"
#include "runtime/registry/operation_registry.hpp"
#include "tests/support/fake_model.hpp"
#include "tests/support/recording_call.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

/// A pool without actors: the test is tokenizer, worker and clock.
struct bench {
  explicit bench(queue_limits queue = {})
      : core({.queue = queue, .cost = embed_operation("p").cost, .chunk_items = 32}) {
    core.serve(model.info());
  }

  outcome_ptr enter(std::vector<std::string> texts, const call_options& options = {}) {
    auto [call, outcome] = make_call(std::move(texts), options);
    core.enter(std::move(call), now);
    return outcome;
  }
  void tokenize_all() {
    while (auto chunk = core.next_chunk())
      core.tokenized(tokenize(model, *chunk), now);
  }
  batch_ptr next(batch_limits limits = {}) { return core.next_batch(limits, now); }
  void answer(const batch_ptr& batch) { core.computed(batch->id, device->compute(pack(*batch)), now); }
  void fail(const batch_ptr& batch) { core.computed(batch->id, {failure{errc::engine_failed, "no"}, 0ns}, now); }
  /// Computes until nothing waits; the number of batches.
  size_t compute_all(batch_limits limits = {}) {
    size_t batches = 0;
    for (; auto batch = next(limits); ++batches)
      answer(batch);
    return batches;
  }

  time_point now{};
  std::shared_ptr<fake_device> device = std::make_shared<fake_device>();
  fake_model model{device};
  pool_core core;
};

std::vector<std::string> texts_of(size_t count, char letter = 'a') {
  std::vector<std::string> out;
  for (size_t i = 0; i < count; ++i)
    out.push_back(std::string(1 + i % 50, letter) + std::to_string(i));
  return out;
}

} // namespace

TEST_CASE("a call is answered with the vectors of its texts, in order, when its last item is there") {
  bench b;
  auto texts = texts_of(100);
  auto outcome = b.enter(texts);
  b.tokenize_all();
  std::vector<batch_ptr> batches;
  while (auto batch = b.next({.tokens_max = 256}))
    batches.push_back(batch);
  REQUIRE(batches.size() > 3);
  std::ranges::reverse(batches); // engines end in any order
  for (const auto& batch : batches) {
    CHECK_FALSE(outcome->answered());
    b.answer(batch);
  }
  REQUIRE(outcome->answered());
  auto reply = outcome->reply();
  REQUIRE(reply.items.size() == 100);
  uint64_t tokens = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    CHECK(reply.items[i].values == b.model.vector(texts[i]));
    CHECK(reply.items[i].tokens == texts[i].size() + 2);
    tokens += texts[i].size() + 2;
  }
  CHECK(reply.usage.tokens == tokens);
  CHECK(reply.usage.device_seconds == doctest::Approx(1e-6 * static_cast<double>(batches.size())));
  CHECK(b.core.calls() == 0);
  CHECK(b.core.items_done() == 100);
  CHECK(b.core.tokens_done() == tokens);
}

TEST_CASE("waiting, tokenizing and computing are measured apart") {
  bench b;
  auto outcome = b.enter({"a"});
  auto chunk = b.core.next_chunk();
  b.now += 10ms; // in the tokenizer's mailbox
  auto done = tokenize(b.model, *chunk);
  done.elapsed = 2ms;
  b.now += 2ms;
  b.core.tokenized(std::move(done), b.now);
  b.now += 5ms;
  auto batch = b.next();
  auto reply = b.device->compute(pack(*batch));
  reply.busy = 7ms;
  b.now += 7ms;
  b.core.computed(batch->id, std::move(reply), b.now);
  auto times = outcome->reply().times;
  CHECK(times.tokenize == 2ms);
  CHECK(times.queue == 15ms);
  CHECK(times.infer == 7ms);
}

TEST_CASE("the first bad text fails the call and is named; the call leaves nothing behind") {
  for (auto [text, embed, want] : {std::tuple{std::string("\xFF"), embed_options{}, errc::invalid_utf8},
                                   {std::string(300, 'x'), embed_options{.truncate = false}, errc::text_too_long}}) {
    bench b;
    auto outcome = b.enter({"fine", text, "fine"}, {.embed = embed});
    b.tokenize_all();
    REQUIRE(outcome->answered());
    CHECK(outcome->code() == want);
    CHECK(outcome->error().message.starts_with("text 1: "));
    CHECK(outcome->error().metadata.back() == std::pair<std::string, std::string>{"item", "1"});
    CHECK(b.next() == nullptr);
    CHECK(b.core.queue().items_held() == 0);
  }
}

TEST_CASE("chunks of several calls take turns, so a small call is not tokenized last") {
  bench b;
  b.enter(texts_of(1'024));
  b.enter({"small"});
  std::vector<uint64_t> order;
  while (auto chunk = b.core.next_chunk()) {
    CHECK(chunk->count <= chunk_items_max);
    order.push_back(chunk->call);
  }
  auto small = std::ranges::find(order, 2u) - order.begin();
  CHECK(static_cast<uint64_t>(small) < order.size() / 2);
  CHECK(order.size() > 30);
}

TEST_CASE("a deadline that passes in the queue is answered, its items are counted, and never computed") {
  bench b;
  auto late = b.enter({"a", "b"}, {.deadline = b.now + 50ms});
  auto fine = b.enter({"c"});
  b.tokenize_all();
  CHECK(b.core.next_deadline() == b.now + 50ms);
  b.now += 50ms;
  auto batch = b.next();
  REQUIRE(late->answered());
  CHECK(late->code() == errc::deadline_exceeded);
  CHECK(b.core.next_deadline() == time_point::max());
  REQUIRE(batch->items.size() == 1);
  b.answer(batch);
  CHECK(fine->code() == errc::none);
  auto drops = b.core.take_drops();
  CHECK(drops.expired == 2);
  CHECK(drops.cancelled == 0);
  CHECK(b.core.take_drops().expired == 0);
}

TEST_CASE("a deadline that passes before the tokenizer answers, or in the engine, is answered as well") {
  bench b;
  auto tokenizing = b.enter({"a"}, {.deadline = b.now + 10ms});
  auto chunk = b.core.next_chunk();
  b.now += 10ms;
  b.core.sweep(b.now);
  CHECK(tokenizing->code() == errc::deadline_exceeded);
  b.core.tokenized(tokenize(b.model, *chunk), b.now);
  CHECK(b.next() == nullptr);

  auto computing = b.enter({"a"}, {.deadline = b.now + 10ms});
  b.tokenize_all();
  auto batch = b.next();
  b.now += 10ms;
  b.core.sweep(b.now);
  CHECK(computing->code() == errc::deadline_exceeded);
  b.answer(batch);
  CHECK(computing->answers() == 1);
}

TEST_CASE("a cancelled call leaves the queue and is never computed") {
  for (bool swept : {false, true}) {
    CAPTURE(swept);
    bench b;
    auto [call, outcome] = make_call({"a", "b", "c"});
    b.core.enter(call, b.now);
    b.tokenize_all();
    call->cancel();
    if (swept)
      b.core.sweep(b.now);
    CHECK(b.next() == nullptr);
    REQUIRE(outcome->answered());
    CHECK(outcome->code() == errc::cancelled);
    CHECK(b.core.take_drops().cancelled == 3);
    CHECK(b.core.calls() == 0);
  }
}

TEST_CASE("a cancelled call is not computed again after its batch failed") {
  bench b;
  auto [call, outcome] = make_call({"a", "b"});
  b.core.enter(call, b.now);
  b.tokenize_all();
  b.fail(b.next());
  call->cancel();
  CHECK(b.next() == nullptr);
  CHECK(outcome->code() == errc::cancelled);
}

TEST_CASE("a call that is late or cancelled on arrival is answered at once") {
  bench b;
  b.now += 1s;
  CHECK(b.enter({"a"}, {.deadline = b.now})->code() == errc::deadline_exceeded);
  auto [call, outcome] = make_call({"a"});
  call->cancel();
  b.core.enter(call, b.now);
  CHECK(outcome->code() == errc::cancelled);
  CHECK(b.core.calls() == 0);
}

TEST_CASE("a full queue answers errc::overloaded with the time to come back, or makes room of abandoned calls") {
  bench b{{.items_max = 4}};
  auto [first, first_outcome] = make_call({"a", "b", "c"});
  b.core.enter(first, b.now);
  auto refused = b.enter({"a", "b"});
  REQUIRE(refused->answered());
  CHECK(refused->code() == errc::overloaded);
  CHECK(refused->error().retry_after.has_value());
  first->cancel();
  CHECK(b.enter({"a", "b"})->code() == errc::overloaded); // it looked a moment ago
  b.now += 10ms;
  auto second = b.enter({"a", "b"});
  CHECK_FALSE(second->answered());
  CHECK(first_outcome->code() == errc::cancelled);
  b.tokenize_all();
  b.compute_all();
  CHECK(second->code() == errc::none);
}

TEST_CASE("chunks have as many texts as was said last") {
  bench b;
  b.enter(texts_of(9));
  for (const uint32_t items : {1u, 3u, 2u}) {
    b.core.set_chunk_items(items);
    CHECK(b.core.next_chunk()->count == items);
  }
}

TEST_CASE("while the model is loading a full queue says so") {
  bench b{{.items_max = 1}};
  b.core.unserve();
  auto waits = b.enter({"a"});
  CHECK_FALSE(waits->answered());
  CHECK(b.enter({"b"})->code() == errc::model_loading);
}

TEST_CASE("a worker's batch that was lost is computed by another, the one in its engine with a try less") {
  bench b;
  auto outcome = b.enter(texts_of(10));
  b.tokenize_all();
  auto running = b.next({.items_max = 5});
  auto behind = b.next({.items_max = 5});
  b.core.batch_lost(running->id, true);
  b.core.batch_lost(behind->id, false);
  std::vector<int> tries;
  while (auto batch = b.next()) {
    for (const auto& item : batch->items)
      tries.push_back(item.tries);
    b.answer(batch);
  }
  CHECK(std::ranges::count(tries, 1) == 5);
  CHECK(std::ranges::count(tries, 0) == 5);
  CHECK(outcome->code() == errc::none);
  // The first worker was only slow: its answers come too late and change nothing.
  b.answer(running);
  b.answer(behind);
  CHECK(outcome->answers() == 1);
}

TEST_CASE("a poison text fails its call after three tries; the other calls of its batch are computed") {
  bench b;
  b.device->poison = {'!'};
  auto before = b.enter(texts_of(20, 'a'));
  auto poison = b.enter({"fine", "fine", "bad!", "fine"});
  auto after = b.enter(texts_of(20, 'b'));
  b.tokenize_all();
  auto batches = b.compute_all();
  CHECK(before->code() == errc::none);
  CHECK(after->code() == errc::none);
  REQUIRE(poison->answered());
  CHECK(poison->code() == errc::engine_failed);
  CHECK(poison->error().message.starts_with("text 2 failed in the engine 3 times"));
  CHECK(poison->error().metadata.front() == std::pair<std::string, std::string>{"item", "2"});
  CHECK(batches <= 1 + 7 + 7);
  CHECK(b.core.queue().items_held() == 0);
}

TEST_CASE("an engine that answers with the wrong number of values has failed") {
  bench b;
  auto outcome = b.enter({"a", "b"});
  b.tokenize_all();
  for (int i = 0; i < 8 && !outcome->answered(); ++i) {
    auto batch = b.next();
    REQUIRE(batch);
    b.core.computed(batch->id, {engine_output{embed_vectors{{}}}, 0ns}, b.now);
  }
  REQUIRE(outcome->answered());
  CHECK(outcome->code() == errc::engine_failed);
}

TEST_CASE("a chunk whose tokenizer died is tokenized again, and the third time fails the call") {
  bench b;
  auto outcome = b.enter({"a"});
  for (int i = 0; i < 3; ++i) {
    auto chunk = b.core.next_chunk();
    REQUIRE(chunk);
    CHECK_FALSE(outcome->answered());
    b.core.chunk_lost(*chunk);
  }
  CHECK(outcome->code() == errc::internal);
  CHECK_FALSE(b.core.next_chunk());
}

TEST_CASE("all open calls can be failed at once, wherever they are") {
  bench b;
  std::vector<outcome_ptr> all{b.enter({"tokenizing"}), b.enter({"queued"}), b.enter({"cut"})};
  auto first = b.core.next_chunk();
  auto second = b.core.next_chunk();
  b.core.tokenized(tokenize(b.model, *second), b.now);
  b.core.fail_all({errc::draining, "stop"});
  for (const auto& it : all)
    CHECK(it->code() == errc::draining);
  CHECK(b.core.calls() == 0);
  CHECK(b.next() == nullptr);
}

TEST_CASE("whatever happens to random calls, each is answered once and batches keep their budget") {
  for (uint32_t seed : {11u, 12u, 13u, 14u}) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    auto pick = [&](uint32_t low, uint32_t high) { return std::uniform_int_distribution<uint32_t>{low, high}(random); };
    bench b{{.items_max = 500, .tokens_max = 30'000}};
    b.device->poison = {'!'};
    std::vector<test_call> calls;
    std::vector<text_chunk> chunks;
    std::vector<batch_ptr> batches;
    auto take = [&](auto& from) {
      auto at = from.begin() + pick(0, static_cast<uint32_t>(from.size()) - 1);
      auto it = *at;
      from.erase(at);
      return it;
    };
    for (int step = 0; step < 4'000; ++step) {
      b.now += std::chrono::microseconds{pick(0, 500)};
      switch (pick(0, 9)) {
      case 0: {
        std::vector<std::string> texts;
        for (uint32_t i = pick(1, 60); i > 0; --i)
          texts.push_back(std::string(pick(0, 300), pick(0, 400) == 0 ? '!' : 'a'));
        auto deadline = pick(0, 2) == 0 ? b.now + std::chrono::milliseconds{pick(1, 40)} : time_point::max();
        calls.push_back(make_call(texts, {.priority = static_cast<priority>(pick(0, 2)), .deadline = deadline}));
        b.core.enter(calls.back().call, b.now);
        break;
      }
      case 1:
        if (!calls.empty() && pick(0, 5) == 0)
          calls[pick(0, static_cast<uint32_t>(calls.size()) - 1)].call->cancel();
        break;
      case 2:
      case 3:
        if (auto chunk = b.core.next_chunk())
          chunks.push_back(*chunk);
        break;
      case 4:
      case 5:
        if (chunks.empty())
          break;
        if (pick(0, 30) == 0)
          b.core.chunk_lost(take(chunks));
        else
          b.core.tokenized(tokenize(b.model, take(chunks)), b.now);
        break;
      case 6:
      case 7: {
        const batch_limits limits{pick(256, 4'096), pick(1, 100)};
        auto batch = b.next(limits);
        if (!batch)
          break;
        CHECK(batch->tokens <= limits.tokens_max);
        CHECK(batch->items.size() <= limits.items_max);
        batches.push_back(batch);
        break;
      }
      default:
        if (batches.empty())
          break;
        if (pick(0, 20) == 0)
          b.core.batch_lost(take(batches)->id, pick(0, 1) == 0);
        else
          b.answer(take(batches));
      }
    }
    for (auto& chunk : chunks)
      b.core.tokenized(tokenize(b.model, chunk), b.now);
    for (const auto& batch : batches)
      b.answer(batch);
    b.tokenize_all();
    b.compute_all();
    CHECK(b.core.calls() == 0);
    CHECK(b.core.queue().items_held() == 0);
    CHECK(b.core.queue().tokens_held() == 0);
    size_t good = 0;
    for (auto& [call, outcome] : calls) {
      call.reset();
      CHECK(outcome->answers() == 1);
      if (outcome->code() == errc::none)
        ++good;
    }
    CHECK(good > calls.size() / 10);
  }
}
