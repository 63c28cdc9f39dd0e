#include "runtime/base/random_source.hpp"
#include "runtime/compute/cpu/cpu_engine.hpp"
#include "runtime/points/kmeans.hpp"
#include "runtime/points/points_work.hpp"
#include "runtime/points/similarity.hpp"
#include "tests/runtime/points/points_checks.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <latch>
#include <new>
#include <pthread.h>
#include <sched.h>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace weft;

constexpr bert_shape tiny{.vocabulary = 10, .hidden = 4, .positions = 8};

/// Calls a function instead of computing.
class fake_encoder final : public cpu_encoder {
public:
  using body = std::function<void(packed_tokens, std::span<float>)>;
  explicit fake_encoder(body b) : body_(std::move(b)) {}
  numeric_class precision() const noexcept override { return numeric_class::fp32; }
  void encode(packed_tokens batch, std::span<float> out) override { body_(batch, out); }

private:
  body body_;
};

class fake_factory final : public cpu_encoder_factory {
public:
  explicit fake_factory(fake_encoder::body b) : body_(std::move(b)) {}
  numeric_class precision() const noexcept override { return numeric_class::fp32; }
  std::unique_ptr<cpu_encoder> make() const override {
    if (!body_)
      throw std::bad_alloc();
    return std::make_unique<fake_encoder>(body_);
  }

private:
  fake_encoder::body body_;
};

std::unique_ptr<engine> make_engine(fake_encoder::body body, engine_options options = {}) {
  auto made = make_cpu_engine(fake_factory(std::move(body)), tiny, options);
  REQUIRE(made);
  return std::move(*made);
}

/// Sequences of one token each.
embed_batch batch_of(std::vector<int32_t> ids, uint8_t normalize = 0) {
  embed_batch batch;
  batch.normalize.assign(ids.size(), normalize);
  for (uint32_t i = 0; i <= ids.size(); ++i)
    batch.offsets.push_back(i);
  batch.ids = std::move(ids);
  return batch;
}

/// Runs one piece and waits for its answer.
engine_reply ask(engine& e, engine_work work) {
  std::promise<engine_reply> promise;
  auto answer = promise.get_future();
  e.run(std::move(work), [&](engine_reply r) { promise.set_value(std::move(r)); });
  return answer.get();
}

const std::vector<float>& values(const engine_reply& r) {
  REQUIRE(r.output);
  return std::get<embed_vectors>(*r.output).values;
}

void write_threes_and_fours(packed_tokens, std::span<float> out) {
  std::fill(out.begin(), out.end(), 0.0f);
  for (size_t i = 0; i < out.size(); i += tiny.hidden) {
    out[i] = 3;
    out[i + 1] = 4;
  }
}

} // namespace

TEST_CASE("vectors are scaled to length 1 only where that is asked for") {
  auto e = make_engine(write_threes_and_fours);
  auto batch = batch_of({1, 2});
  batch.normalize = {1, 0};
  CHECK(values(ask(*e, batch)) == std::vector<float>{0.6f, 0.8f, 0, 0, 3, 4, 0, 0});
}

TEST_CASE("a vector of zeros stays zero when it is scaled") {
  auto e = make_engine([](packed_tokens, std::span<float> out) { std::fill(out.begin(), out.end(), 0.0f); });
  CHECK(values(ask(*e, batch_of({1}, 1))) == std::vector<float>{0, 0, 0, 0});
}

TEST_CASE("a batch without sequences has an empty answer") {
  auto e = make_engine(write_threes_and_fours);
  CHECK(values(ask(*e, batch_of({}))).empty());
}

TEST_CASE("pieces are answered in the order given, on one thread that is not the caller's") {
  auto e = make_engine(write_threes_and_fours);
  constexpr int pieces = 50;
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  std::latch all(pieces);
  for (int i = 0; i < pieces; ++i)
    e->run(batch_of({1}), [&, i](const engine_reply&) {
      order.push_back(i);
      threads.push_back(std::this_thread::get_id());
      all.count_down();
    });
  all.wait();
  for (int i = 0; i < pieces; ++i) {
    CHECK(order[i] == i);
    CHECK(threads[i] == threads[0]);
  }
  CHECK(threads[0] != std::this_thread::get_id());
}

TEST_CASE("destroying an engine answers everything once: what was in progress is finished") {
  std::latch started(1);
  std::promise<void> gate;
  auto e = make_engine([&](packed_tokens batch, std::span<float> out) {
    started.count_down();
    gate.get_future().wait();
    write_threes_and_fours(batch, out);
  });
  std::vector<errc> answers(2, errc::none);
  std::vector<int> times(2);
  for (size_t i = 0; i < answers.size(); ++i)
    e->run(batch_of({1}), [&, i](const engine_reply& r) {
      answers[i] = r.output ? errc::none : r.output.error().code;
      ++times[i];
    });
  started.wait();
  // The second piece waits behind the closed gate. Nothing tells when the destructor has begun to wait, so the gate
  // opens beside it; engine_queue_test shows what the queue answers in which order.
  std::thread opener([&] { gate.set_value(); });
  e.reset();
  opener.join();
  CHECK(answers[0] == errc::none);
  CHECK(times == std::vector<int>{1, 1});
}

TEST_CASE("an encoder that throws fails its piece only") {
  bool first = true;
  auto e = make_engine([&](packed_tokens batch, std::span<float> out) {
    if (std::exchange(first, false))
      throw std::bad_alloc();
    write_threes_and_fours(batch, out);
  });
  const auto failed = ask(*e, batch_of({1}));
  REQUIRE_FALSE(failed.output);
  CHECK(failed.output.error().code == errc::engine_failed);
  CHECK(failed.output.error().message == "cpu:0: std::bad_alloc");
  CHECK(values(ask(*e, batch_of({1}))).size() == tiny.hidden);
}

TEST_CASE("a malformed batch is answered, not computed") {
  struct row {
    const char* name;
    embed_batch batch;
  };
  const std::vector<row> rows{
      {"offsets missing", {.ids = {1}, .offsets = {}, .normalize = {1}}},
      {"offsets do not start at 0", {.ids = {1, 1}, .offsets = {1, 2}, .normalize = {1}}},
      {"offsets do not end at the ids", {.ids = {1, 1}, .offsets = {0, 1}, .normalize = {1}}},
      {"an empty sequence", {.ids = {1}, .offsets = {0, 0, 1}, .normalize = {1, 1}}},
      {"descending offsets", {.ids = {1, 1}, .offsets = {0, 7, 2}, .normalize = {1, 1}}},
      {"longer than the positions", {.ids = {1, 1, 1, 1, 1, 1, 1, 1, 1}, .offsets = {0, 9}, .normalize = {1}}},
      {"an id beyond the vocabulary", {.ids = {10}, .offsets = {0, 1}, .normalize = {1}}},
      {"a negative id", {.ids = {-1}, .offsets = {0, 1}, .normalize = {1}}},
  };
  auto e = make_engine([](packed_tokens, std::span<float>) { FAIL("computed"); });
  for (const auto& r : rows) {
    CAPTURE(r.name);
    const auto reply = ask(*e, r.batch);
    REQUIRE_FALSE(reply.output);
    CHECK(reply.output.error().code == errc::internal);
  }
}

TEST_CASE("work on points gives what the pure functions give, between batches") {
  random_source draw(1);
  std::vector<int8_t> points(200 * 24);
  for (auto& x : points)
    x = static_cast<int8_t>(static_cast<int>(draw.below(255)) - 127);
  const kmeans_work clusters{24, points, {points.begin(), points.begin() + 5 * 24}};
  const similarity_work pairs{24, points, {points.begin(), points.begin() + 70 * 24}};
  auto e = make_engine(write_threes_and_fours);
  CHECK(values(ask(*e, batch_of({1}))).size() == tiny.hidden);
  const auto clustered = ask(*e, clusters);
  REQUIRE(clustered.output);
  const auto want = run_kmeans(clusters);
  const auto& got = std::get<kmeans_output>(*clustered.output);
  CHECK(got.labels == want.labels);
  CHECK(got.similarities == want.similarities);
  CHECK(got.centroids == want.centroids);
  CHECK(got.iterations == want.iterations);
  CHECK(clustered.busy > std::chrono::nanoseconds{0});
  const auto compared = ask(*e, pairs);
  REQUIRE(compared.output);
  CHECK(std::get<similarity_output>(*compared.output).products == run_similarity(pairs).products);
  CHECK(values(ask(*e, batch_of({1}))).size() == tiny.hidden);
}

TEST_CASE("shared points are worked on as the pure functions do, and go when nobody else has them") {
  random_source draw(2);
  auto owner = std::make_shared<std::vector<int8_t>>(300 * 24);
  for (auto& x : *owner)
    x = static_cast<int8_t>(static_cast<int>(draw.below(255)) - 127);
  auto points = std::make_shared<const shared_points>(shared_points{24, *owner, owner});
  auto e = make_engine(write_threes_and_fours);
  std::vector<int8_t> before;
  for (const size_t first : {0u, 10u, 20u, 20u}) {
    const assign_work work{
        points, before, {owner->begin() + first * 24, owner->begin() + (first + 7) * 24}, first == 20};
    const auto reply = ask(*e, work);
    REQUIRE(reply.output);
    check_step(std::get<assign_output>(*reply.output), work);
    before = work.centroids;
  }
  const auto leaders = ask(*e, leaders_work{points, 7'000});
  REQUIRE(leaders.output);
  CHECK(std::get<leaders_output>(*leaders.output).leaders.size() == 300);
  points.reset();
  CHECK(ask(*e, batch_of({1})).output);
  CHECK(owner.use_count() == 1);
}

TEST_CASE("malformed points are answered, not computed") {
  auto e = make_engine(write_threes_and_fours);
  for (const engine_work& work :
       {engine_work{kmeans_work{2, {1, 2, 3}, {1, 2}}}, engine_work{kmeans_work{2, {1, 2}, {}}},
        engine_work{similarity_work{0, {}, {}}}, engine_work{similarity_work{2, {1}, {}}}, engine_work{assign_work{}},
        engine_work{leaders_work{}}, engine_work{nearest_work{}}, engine_work{encode_work{}}}) {
    const auto reply = ask(*e, work);
    REQUIRE_FALSE(reply.output);
    CHECK(reply.output.error().code == errc::internal);
  }
}

TEST_CASE("an engine that gets no memory is a failure, not an exception") {
  const auto made = make_cpu_engine(fake_factory({}), tiny, {});
  REQUIRE_FALSE(made);
  CHECK(made.error().code == errc::engine_failed);
}

TEST_CASE("busy time is that of the work alone") {
  auto e = make_engine(write_threes_and_fours);
  const auto start = std::chrono::steady_clock::now();
  const auto reply = ask(*e, batch_of({1, 2, 3}));
  CHECK(reply.busy > std::chrono::nanoseconds{0});
  CHECK(reply.busy <= std::chrono::steady_clock::now() - start);
}

TEST_CASE("an engine's thread has the device's name, and its CPU when pinned") {
  for (const bool pin : {false, true}) {
    CAPTURE(pin);
    std::string name;
    int cpus = 0;
    auto e = make_engine(
        [&](packed_tokens batch, std::span<float> out) {
          char text[16] = {};
          pthread_getname_np(pthread_self(), text, sizeof text);
          name = text;
          cpu_set_t set;
          pthread_getaffinity_np(pthread_self(), sizeof set, &set);
          cpus = CPU_COUNT(&set);
          write_threes_and_fours(batch, out);
        },
        {.index = 1, .pin_thread = pin});
    ask(*e, batch_of({1}));
    CHECK(name == "weft-cpu-1");
    CHECK(e->info().device == "cpu:1");
    if (pin)
      CHECK(cpus == 1);
  }
}
