#include "runtime/compute/cpu/encoder.hpp"
#include "runtime/points/encoding.hpp"
#include "runtime/points/kmeans.hpp"
#include "runtime/points/points_work.hpp"
#include "runtime/points/similarity.hpp"
#include "tests/runtime/compute/cpu/golden.hpp"
#include "tests/runtime/compute/cuda/module/loaded_module.hpp"
#include "tests/runtime/points/points_checks.hpp"
#include "tests/support/model_directory.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <future>
#include <iostream>
#include <string>

namespace {

using namespace weft;

/// Null, and one loud line, where there is no device: such a run is reported as skipped, never as passed.
const engine_module* module_with_device() {
  const auto* module = load_cuda_module(engine_module_abi());
  REQUIRE(module != nullptr);
  const auto devices = module->devices();
  REQUIRE(devices);
  if (!devices->empty())
    return module;
  std::cout << "skipped: no CUDA device" << std::endl;
  return nullptr;
}

std::unique_ptr<engine> make_engine(const engine_module& module, module_engine_options options) {
  options.model_directory = model_directory();
  auto made = module.make_engine(options);
  if (!made)
    FAIL(made.error().message);
  return *std::move(made);
}

engine_reply run(engine& device, engine_work work) {
  std::promise<engine_reply> promise;
  device.run(std::move(work), [&](engine_reply reply) { promise.set_value(std::move(reply)); });
  return promise.get_future().get();
}

embed_batch pack(const std::vector<const golden_text*>& texts) {
  embed_batch out;
  out.offsets.push_back(0);
  for (const auto* text : texts) {
    out.ids.insert(out.ids.end(), text->ids.begin(), text->ids.end());
    out.offsets.push_back(static_cast<uint32_t>(out.ids.size()));
    out.normalize.push_back(1);
  }
  return out;
}

std::vector<std::vector<float>> rows_of(const engine_reply& reply) {
  if (!reply.output)
    FAIL(reply.output.error().message);
  const auto& values = std::get<embed_vectors>(*reply.output).values;
  std::vector<std::vector<float>> out;
  for (auto at = values.begin(); at != values.end(); at += 384)
    out.emplace_back(at, at + 384);
  return out;
}

struct class_limit {
  numeric_class precision;
  double difference_max;
  double cosine_min;
};

} // namespace

TEST_CASE("vectors of a device are those of the CPU's fp32 encoder, in each class") {
  const auto* module = module_with_device();
  if (!module)
    return;
  const auto texts = some_golden_texts();
  const auto want = encode_alone(*make_fp32_encoder_factory(golden_weights())->make(), texts);
  for (const auto& limit : {class_limit{numeric_class::fp32, 1e-5, 0.999999},
                            {numeric_class::fp16, 2e-3, 0.9999},
                            {numeric_class::bf16, 2e-2, 0.9995}}) {
    CAPTURE(to_string(limit.precision));
    const auto device = make_engine(*module, {.precision = limit.precision});
    const auto got = rows_of(run(*device, pack(texts)));
    REQUIRE(got.size() == want.size());
    double difference = 0, similarity = 1;
    for (size_t i = 0; i < want.size(); ++i) {
      difference = std::max(difference, largest_difference(got[i], want[i]));
      similarity = std::min(similarity, cosine(got[i], want[i]));
      double squares = 0;
      for (const float x : got[i])
        squares += double{x} * x;
      CHECK(std::abs(squares - 1) < 1e-5);
    }
    MESSAGE(to_string(limit.precision) << ": |difference| <= " << difference << ", cosine >= " << similarity);
    CHECK(difference <= limit.difference_max);
    CHECK(similarity >= limit.cosine_min);
  }
}

TEST_CASE("a text has the same vector alone, in any batch and in any part, to the class's rounding") {
  const auto* module = module_with_device();
  if (!module)
    return;
  const auto large = make_engine(*module, {});
  const auto small = make_engine(*module, {.batch_tokens_max = 512});
  const auto texts = some_golden_texts(3);
  const auto together = rows_of(run(*large, pack(texts)));
  const auto in_parts = rows_of(run(*small, pack(texts)));
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto alone = rows_of(run(*large, pack({texts[i]}))).front();
    CHECK(cosine(alone, together[i]) >= 0.99999);
    CHECK(cosine(alone, in_parts[i]) >= 0.99999);
  }
}

TEST_CASE("batches that follow each other without a pause do not mix") {
  const auto* module = module_with_device();
  if (!module)
    return;
  const auto device = make_engine(*module, {});
  std::mt19937 draw(5);
  std::vector<embed_batch> batches;
  std::vector<std::vector<std::vector<float>>> want;
  for (int i = 0; i < 40; ++i) {
    batches.push_back(pack(draw_mix(draw, some_golden_texts(), 1 + draw() % 150, 256)));
    want.push_back(rows_of(run(*device, batches.back())));
  }
  std::vector<std::promise<engine_reply>> replies(batches.size());
  for (size_t i = 0; i < batches.size(); ++i)
    device->run(batches[i], [&replies, i](engine_reply reply) { replies[i].set_value(std::move(reply)); });
  for (size_t i = 0; i < batches.size(); ++i)
    CHECK(rows_of(replies[i].get_future().get()) == want[i]); // the same plans: the same bits
}

TEST_CASE("work on points has the bits of the CPU") {
  const auto* module = module_with_device();
  if (!module)
    return;
  const auto device = make_engine(*module, {});
  std::mt19937 draw(6);
  kmeans_work work{.dimensions = 384};
  for (size_t i = 0; i < 5'000 * 384; ++i)
    work.points.push_back(static_cast<int8_t>(draw() % 255 - 127));
  work.centroids.assign(work.points.begin(), work.points.begin() + 37 * 384);
  const auto reply = run(*device, work);
  if (!reply.output)
    FAIL(reply.output.error().message);
  const auto want = run_kmeans(work);
  const auto& got = std::get<kmeans_output>(*reply.output);
  CHECK(got.labels == want.labels);
  CHECK(got.centroids == want.centroids);
  CHECK(got.iterations == want.iterations);
}

TEST_CASE("shared points and rows have the bits of the CPU, step after step") {
  const auto* module = module_with_device();
  if (!module)
    return;
  const auto device = make_engine(*module, {});
  std::mt19937 draw(7);
  const auto owner = std::make_shared<std::vector<int8_t>>(3'000 * 384);
  for (auto& x : *owner)
    x = static_cast<int8_t>(draw() % 255 - 127);
  const auto points = std::make_shared<const shared_points>(shared_points{384, *owner, owner});
  const auto at = [&](size_t row) { return owner->begin() + static_cast<ptrdiff_t>(row * 384); };
  std::vector<int8_t> before;
  for (const size_t first : {0u, 100u, 200u, 200u}) {
    const assign_work work{points, before, {at(first), at(first + 50)}, true};
    const auto reply = run(*device, work);
    if (!reply.output)
      FAIL(reply.output.error().message);
    check_step(std::get<assign_output>(*reply.output), work);
    before = work.centroids;
  }
  const leaders_work near{points, 500};
  CHECK(std::get<leaders_output>(*run(*device, near).output).leaders ==
        std::get<leaders_output>(run_points(near)).leaders);
  const nearest_work top{points, {at(5), at(9)}, 20};
  CHECK(std::get<nearest_output>(*run(*device, top).output).points == std::get<nearest_output>(run_points(top)).points);
  encode_work rows{384, {}, vector_encoding::int8};
  for (int i = 0; i < 384 * 9; ++i)
    rows.rows.push_back(static_cast<float>(draw() % 1'000) / 1'000 - 0.5F);
  CHECK(std::get<encode_output>(*run(*device, rows).output).bytes == std::get<encode_output>(run_points(rows)).bytes);
}

TEST_CASE("plans are kept: the second start reads them") {
  const auto* module = module_with_device();
  if (!module)
    return;
  const test::temporary_directory folder;
  const auto file = folder.path() / "plans.txt";
  const auto texts = some_golden_texts(10);
  const auto first = rows_of(run(*make_engine(*module, {.plan_file = file}), pack(texts)));
  const std::vector<std::filesystem::directory_entry> files(std::filesystem::directory_iterator(folder.path()), {});
  REQUIRE(files.size() == 1); // the device's name is part of it
  CHECK(files[0].path().string().starts_with(file.string() + "."));
  const auto written = files[0].last_write_time();
  CHECK(rows_of(run(*make_engine(*module, {.plan_file = file}), pack(texts))) == first);
  CHECK(std::filesystem::last_write_time(files[0].path()) == written);
}

TEST_CASE("an engine stays within its memory, or says that it cannot") {
  const auto* module = module_with_device();
  if (!module)
    return;
  const auto tight = make_engine(*module, {.memory_bytes_max = 160 << 20});
  CHECK(tight->info().batch_tokens_best < 8'448);
  CHECK(rows_of(run(*tight, pack(some_golden_texts(5)))).size() == some_golden_texts(5).size());
  const auto none = module->make_engine({.model_directory = model_directory(), .memory_bytes_max = 10 << 20});
  REQUIRE(!none);
  CHECK(none.error().code == errc::overloaded);
}
