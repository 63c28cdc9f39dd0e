#include "runtime/compute/cpu/cpu_engine.hpp"
#include "runtime/compute/cpu/cpu_precision.hpp"
#include "runtime/compute/cpu/encoder_fp32.hpp"
#include "tests/runtime/compute/cpu/golden.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <future>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace weft;

/// Threads of this process.
ptrdiff_t count_threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

embed_batch batch_of_golden_texts() {
  embed_batch batch;
  batch.offsets.push_back(0);
  for (const auto* text : some_golden_texts(20)) {
    batch.ids.insert(batch.ids.end(), text->ids.begin(), text->ids.end());
    batch.offsets.push_back(static_cast<uint32_t>(batch.ids.size()));
    batch.normalize.push_back(1);
  }
  return batch;
}

} // namespace

TEST_CASE("an engine has one thread, whatever computes: no OpenMP team is made") {
  std::vector<std::pair<std::string, cpu_encoder_factory_ptr>> variants;
  for (auto precision : {numeric_class::fp32, numeric_class::int16, numeric_class::bf16})
    if (cpu_supports(precision))
      variants.emplace_back(to_string(precision), make_encoder_factory(precision, golden_weights()));
  if (auto onednn = make_fp32_onednn_factory(golden_weights()))
    variants.emplace_back("fp32 onednn", std::move(onednn));
  const auto before = count_threads();
  for (const auto& [name, encoders] : variants) {
    CAPTURE(name);
    auto made = make_cpu_engine(*encoders, golden_weights()->shape, {});
    REQUIRE(made);
    std::promise<engine_reply> promise;
    auto answer = promise.get_future();
    (*made)->run(batch_of_golden_texts(), [&](engine_reply r) { promise.set_value(std::move(r)); });
    CHECK(answer.get().output);
    CHECK(count_threads() == before + 1);
    made->reset();
    CHECK(count_threads() == before);
  }
}
