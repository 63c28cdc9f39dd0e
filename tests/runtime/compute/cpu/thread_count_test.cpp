#include "runtime/compute/cpu/cpu_engine.hpp"
#include "runtime/compute/cpu/cpu_precision.hpp"
#include "runtime/compute/cpu/encoder_fp32.hpp"
#include "tests/runtime/compute/cpu/golden.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace weft;

/// Threads of this process.
ptrdiff_t count_threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

/// The kernel lists a thread for a moment after it was joined.
bool threads_settle_at(ptrdiff_t wanted) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (count_threads() != wanted && std::chrono::steady_clock::now() < limit)
    std::this_thread::yield();
  return count_threads() == wanted;
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
  // The first thread of a process brings ThreadSanitizer's own along, which stays.
  const auto alone = count_threads();
  std::thread([] {}).join();
#ifdef __SANITIZE_THREAD__
  const auto before = alone == 1 ? alone + 1 : alone;
#else
  const auto before = alone;
#endif
  CHECK(threads_settle_at(before));
  for (const auto& [name, encoders] : variants) {
    CAPTURE(name);
    auto made = make_cpu_engine(*encoders, golden_weights()->shape, {});
    REQUIRE(made);
    std::promise<engine_reply> promise;
    auto answer = promise.get_future();
    (*made)->run(batch_of_golden_texts(), [&](engine_reply r) { promise.set_value(std::move(r)); });
    CHECK(answer.get().output);
    CHECK(threads_settle_at(before + 1));
    made->reset();
    CHECK(threads_settle_at(before));
  }
}
