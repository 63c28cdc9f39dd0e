#include "runtime/base/random_source.hpp"
#include "runtime/compute/cuda/engine/cuda_engine.hpp"
#include "runtime/points/kmeans.hpp"
#include "runtime/points/similarity.hpp"
#include "tests/runtime/compute/cuda/engine/fake_layer.hpp"

#include <doctest/doctest.h>

#include <future>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace weft;
using namespace weft::cuda;

const bert_shape shape{
    .vocabulary = 1'000, .hidden = fake_hidden, .layers = 1, .heads = 2, .intermediate = 64, .positions = 128};

embed_batch make_batch(random_source& draw, uint32_t sequences, uint32_t length_max) {
  embed_batch out;
  out.offsets.push_back(0);
  for (uint32_t s = 0; s < sequences; ++s) {
    const uint32_t length = 1 + draw.below(length_max);
    for (uint32_t t = 0; t < length; ++t)
      out.ids.push_back(static_cast<int32_t>(draw.below(900)));
    out.offsets.push_back(static_cast<uint32_t>(out.ids.size()));
    out.normalize.push_back(static_cast<uint8_t>(draw.below(2)));
  }
  return out;
}

/// What the fake device makes of it.
std::vector<float> expected(const embed_batch& batch) {
  std::vector<float> out(size_t{batch.sequences()} * fake_hidden);
  for (uint32_t s = 0; s < batch.sequences(); ++s) {
    for (uint32_t t = batch.offsets[s]; t < batch.offsets[s + 1]; ++t)
      out[s * fake_hidden] += static_cast<float>(batch.ids[t]);
    out[s * fake_hidden + 1] = static_cast<float>(batch.offsets[s + 1] - batch.offsets[s]);
    out[s * fake_hidden + 2] = batch.normalize[s];
  }
  return out;
}

struct fixture {
  std::shared_ptr<fake_device_state> state = std::make_shared<fake_device_state>();
  std::unique_ptr<engine> device;

  void start() {
    auto made = make_cuda_engine(std::make_unique<fake_layer>(state), shape, {.device = "cuda:3"});
    REQUIRE(made);
    device = *std::move(made);
  }
  std::future<engine_reply> run(engine_work work) {
    auto promise = std::make_shared<std::promise<engine_reply>>();
    auto out = promise->get_future();
    device->run(std::move(work), [promise](engine_reply reply) { promise->set_value(std::move(reply)); });
    return out;
  }
};

const std::vector<float>& vectors_of(const engine_reply& reply) {
  REQUIRE(reply.output);
  return std::get<embed_vectors>(*reply.output).values;
}

kmeans_work some_points() {
  random_source draw(3);
  kmeans_work out{.dimensions = 8};
  for (size_t i = 0; i < 50 * 8; ++i)
    out.points.push_back(static_cast<int8_t>(draw.below(200)));
  out.centroids.assign(out.points.begin(), out.points.begin() + 3 * 8);
  return out;
}

} // namespace

TEST_CASE("batches of any size go through the device in parts and come back whole, in order") {
  fixture at;
  at.start();
  random_source draw(1);
  std::vector<embed_batch> batches;
  std::vector<std::future<engine_reply>> replies;
  for (const auto& [sequences, length] : {std::pair{1u, 1u}, {7u, 128u}, {300u, 20u}, {1u, 128u}, {50u, 100u}}) {
    batches.push_back(make_batch(draw, sequences, length));
    replies.push_back(at.run(batches.back()));
  }
  for (size_t i = 0; i < batches.size(); ++i) {
    CAPTURE(i);
    CHECK(vectors_of(replies[i].get()) == expected(batches[i]));
  }
  CHECK(at.state->parts.size() > batches.size());
  CHECK(at.state->under_way_most == 2);
  CHECK(at.device->info().device == "cuda:3");
}

TEST_CASE("a batch that comes while a part is under way is started before that part ends") {
  fixture at;
  at.start();
  random_source draw(12);
  const auto first = make_batch(draw, 3, 20), second = make_batch(draw, 4, 20);
  at.state->hold(true);
  auto one = at.run(first);
  CHECK(at.state->started(1));
  auto two = at.run(second);
  CHECK(at.state->started(2)); // nothing has ended
  at.state->hold(false);
  CHECK(vectors_of(one.get()) == expected(first));
  CHECK(vectors_of(two.get()) == expected(second));
  const std::lock_guard hold(at.state->mutex);
  CHECK(at.state->under_way_most == 2);
}

TEST_CASE("a device with one slot computes the same") {
  fixture at;
  at.state->slots = 1;
  at.start();
  random_source draw(2);
  const auto batch = make_batch(draw, 100, 50);
  CHECK(vectors_of(at.run(batch).get()) == expected(batch));
  CHECK(at.state->under_way_most == 1);
}

TEST_CASE("where memory runs out parts are halved, down to one sequence, and grow again") {
  fixture at;
  at.state->memory_tokens = 200;
  at.start();
  random_source draw(4);
  const auto batch = make_batch(draw, 60, 100);
  CHECK(vectors_of(at.run(batch).get()) == expected(batch));
  {
    const std::lock_guard hold(at.state->mutex);
    for (const auto tokens : at.state->parts)
      CHECK(tokens <= 200);
    at.state->parts.clear();
  }
  at.state->memory_tokens = UINT32_MAX;
  for (int i = 0; i < 20; ++i) {
    const auto more = make_batch(draw, 60, 100);
    CHECK(vectors_of(at.run(more).get()) == expected(more));
  }
  const std::lock_guard hold(at.state->mutex);
  CHECK(*std::max_element(at.state->parts.begin(), at.state->parts.end()) > 256);
}

TEST_CASE("a sequence that does not fit at all fails its batch only") {
  fixture at;
  at.state->memory_tokens = 10;
  at.start();
  random_source draw(5);
  auto batch = make_batch(draw, 3, 5);
  for (int i = 0; i < 20; ++i)
    batch.ids.push_back(1);
  batch.offsets.push_back(static_cast<uint32_t>(batch.ids.size()));
  batch.normalize.push_back(0);
  const auto reply = at.run(batch).get();
  REQUIRE(!reply.output);
  CHECK(reply.output.error().code == errc::overloaded);
  CHECK(!reply.device_lost);
  const auto fits = make_batch(draw, 9, 5);
  CHECK(vectors_of(at.run(fits).get()) == expected(fits));
}

TEST_CASE("a part that fails fails its batch, not the next one") {
  fixture at;
  at.state->failing_id = 950;
  at.start();
  random_source draw(6);
  auto bad = make_batch(draw, 80, 30);
  bad.ids[bad.ids.size() / 2] = 950;
  const auto good = make_batch(draw, 80, 30);
  auto first = at.run(bad), second = at.run(good);
  const auto reply = first.get();
  REQUIRE(!reply.output);
  CHECK(reply.output.error().message == "this part failed");
  CHECK(!reply.device_lost);
  CHECK(vectors_of(second.get()) == expected(good));
}

TEST_CASE("a lost device fails everything from then on, and is never called again") {
  fixture at;
  at.state->deadly_id = 960;
  at.start();
  random_source draw(7);
  const auto before = make_batch(draw, 5, 20);
  auto deadly = make_batch(draw, 200, 30);
  deadly.ids[deadly.ids.size() / 2] = 960;
  CHECK(vectors_of(at.run(before).get()) == expected(before));
  std::vector<std::future<engine_reply>> replies;
  replies.push_back(at.run(deadly));
  for (int i = 0; i < 5; ++i)
    replies.push_back(at.run(make_batch(draw, 5, 20)));
  replies.push_back(at.run(some_points()));
  for (auto& waiting : replies) {
    const auto reply = waiting.get();
    REQUIRE(!reply.output);
    CHECK(reply.output.error().code == errc::engine_failed);
    CHECK(reply.output.error().message == fake_layer::lost_message);
    CHECK(reply.device_lost);
  }
  at.device.reset();
  CHECK(at.state->calls_after_loss == 0);
}

TEST_CASE("an engine that cannot reach its device says so with every answer") {
  fixture at;
  at.state->attach_fails = true;
  at.start();
  random_source draw(8);
  const auto reply = at.run(make_batch(draw, 2, 4)).get();
  REQUIRE(!reply.output);
  CHECK(reply.output.error().message == "no such device");
  CHECK(reply.device_lost);
}

TEST_CASE("a batch that is not well formed never reaches the device") {
  fixture at;
  at.start();
  random_source draw(9);
  const auto good = make_batch(draw, 4, 10);
  std::vector<embed_batch> wrong(5, good);
  wrong[0].ids[3] = 1'000;
  wrong[1].ids[3] = -1;
  wrong[2].offsets[2] = wrong[2].offsets[1];
  wrong[3].normalize.pop_back();
  wrong[4].ids.pop_back();
  for (auto& batch : wrong) {
    const auto reply = at.run(std::move(batch)).get();
    REQUIRE(!reply.output);
    CHECK(reply.output.error().code == errc::internal);
  }
  CHECK(at.state->parts.empty());
  CHECK(vectors_of(at.run(good).get()) == expected(good));
}

TEST_CASE("points are worked on between batches; those that do not fit the device are done by the CPU, same bits") {
  fixture at;
  at.start();
  random_source draw(10);
  const auto batch = make_batch(draw, 200, 30);
  const auto want = run_kmeans(some_points());
  const similarity_work pairs{.dimensions = 8, .rows = some_points().points, .columns = some_points().centroids};
  for (const bool overloaded : {false, true}) {
    at.state->points_overloaded = overloaded;
    auto first = at.run(batch), second = at.run(some_points()), third = at.run(pairs), fourth = at.run(batch);
    CHECK(vectors_of(first.get()) == expected(batch));
    const auto clusters = second.get();
    REQUIRE(clusters.output);
    CHECK(std::get<kmeans_output>(*clusters.output).labels == want.labels);
    const auto products = third.get();
    REQUIRE(products.output);
    CHECK(std::get<similarity_output>(*products.output).products == run_similarity(pairs).products);
    CHECK(vectors_of(fourth.get()) == expected(batch));
  }
  auto unfit = some_points();
  unfit.dimensions = 7;
  const auto refused = at.run(unfit).get();
  REQUIRE(!refused.output);
  CHECK(refused.output.error().code == errc::internal);
}

TEST_CASE("every kind of work on points goes to the device, or is done here where it does not fit; same bits") {
  fixture at;
  at.start();
  const auto owner = std::make_shared<const std::vector<int8_t>>(some_points().points);
  const auto points = std::make_shared<const shared_points>(shared_points{8, *owner, owner});
  const assign_work step{points, {}, some_points().centroids, true};
  for (const bool overloaded : {false, true}) {
    at.state->points_overloaded = overloaded;
    const auto assigned = at.run(step).get();
    REQUIRE(assigned.output);
    CHECK(std::get<assign_output>(*assigned.output).labels == std::get<assign_output>(run_points(step)).labels);
    const auto near = at.run(leaders_work{points, 9'900}).get();
    REQUIRE(near.output);
    CHECK(std::get<leaders_output>(*near.output).leaders.size() == 50);
    const auto nearest = at.run(nearest_work{points, some_points().centroids, 4}).get();
    REQUIRE(nearest.output);
    CHECK(std::get<nearest_output>(*nearest.output).points.size() == 3 * 4);
    const auto codes = at.run(encode_work{2, {0.5F, -1}, vector_encoding{}}).get();
    REQUIRE(codes.output);
    CHECK(std::get<encode_output>(*codes.output).bytes.size() == 8);
  }
  for (const auto& work : {engine_work{assign_work{}}, engine_work{leaders_work{}}, engine_work{nearest_work{}},
                           engine_work{encode_work{}}}) {
    const auto refused = at.run(work).get();
    REQUIRE(!refused.output);
    CHECK(refused.output.error().code == errc::internal);
  }
}

TEST_CASE("large work on points that does not fit the device is overloaded: the engine's thread has batches to serve") {
  fixture at;
  at.state->points_overloaded = true;
  at.start();
  random_source draw(13);
  kmeans_work clusters{.dimensions = 64};
  clusters.points.assign(64 * 100'000, 1);
  clusters.centroids.assign(64 * 1'000, 1);
  similarity_work pairs{.dimensions = 512}; // more products are a fault of the work
  pairs.rows.assign(512 * 4'000, 1);
  pairs.columns = pairs.rows;
  const auto batch = make_batch(draw, 3, 10);
  for (auto& work : {engine_work(clusters), engine_work(pairs)}) {
    const auto reply = at.run(work).get();
    REQUIRE(!reply.output);
    CHECK(reply.output.error().code == errc::overloaded);
    CHECK(!reply.device_lost);
    CHECK(vectors_of(at.run(batch).get()) == expected(batch));
  }
}

TEST_CASE("destroying an engine answers everything") {
  fixture at;
  at.start();
  random_source draw(11);
  std::vector<std::future<engine_reply>> replies;
  for (int i = 0; i < 100; ++i)
    replies.push_back(at.run(make_batch(draw, 40, 100)));
  at.device.reset();
  size_t computed = 0;
  for (auto& waiting : replies) {
    const auto reply = waiting.get();
    computed += static_cast<bool>(reply.output);
    if (!reply.output)
      CHECK((reply.output.error().code == errc::unavailable || reply.output.error().code == errc::overloaded));
  }
  CHECK(computed <= replies.size());
}
