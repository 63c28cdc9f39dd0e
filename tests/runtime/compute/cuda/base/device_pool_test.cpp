#include "runtime/compute/cuda/base/device_pool.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <set>
#include <utility>

namespace {

using namespace weft;
using namespace weft::cuda;

/// The heap; knows what was not given back, and can be out of memory.
struct heap_memory {
  std::set<void*> alive;
  stream_handle last_order = nullptr;
  bool empty = false;
};

class heap_source final : public memory_source {
public:
  explicit heap_source(heap_memory& heap) : heap_(heap) {}
  result<void*> allocate(size_t bytes, stream_handle order) override {
    if (heap_.empty)
      return failure{errc::overloaded, "the heap is empty"};
    heap_.last_order = order;
    return *heap_.alive.insert(std::malloc(bytes)).first;
  }
  void release(void* memory, stream_handle order) noexcept override {
    heap_.last_order = order;
    heap_.alive.erase(memory);
    std::free(memory);
  }

private:
  heap_memory& heap_;
};

/// A stream that is never used as one.
stream_handle stream_number(uintptr_t number) {
  return reinterpret_cast<stream_handle>(number);
}

} // namespace

TEST_CASE("a pool gives memory within its budget and takes it back") {
  heap_memory heap;
  const auto pool = device_pool::make(std::make_unique<heap_source>(heap), 4 * pool_granularity);
  {
    const auto first = pool->allocate(pool_granularity + 1, nullptr); // counts as two
    REQUIRE(first);
    CHECK(first->bytes() == pool_granularity + 1);
    CHECK(pool->bytes_used() == 2 * pool_granularity);
    const auto second = pool->allocate(2 * pool_granularity, nullptr);
    REQUIRE(second);
    const auto third = pool->allocate(1, nullptr);
    REQUIRE(!third);
    CHECK(third.error().code == errc::overloaded);
    CHECK(heap.alive.size() == 2);
  }
  CHECK(pool->bytes_used() == 0);
  CHECK(pool->bytes_peak() == 4 * pool_granularity);
  CHECK(heap.alive.empty());
  CHECK(pool->allocate(4 * pool_granularity, nullptr));
}

TEST_CASE("sizes that no memory has are refused, not wrapped") {
  heap_memory heap;
  const auto pool = device_pool::make(std::make_unique<heap_source>(heap), SIZE_MAX);
  for (const size_t bytes : {SIZE_MAX, SIZE_MAX - 1}) {
    const auto small = device_pool::make(std::make_unique<heap_source>(heap), 1'024);
    CHECK(!small->allocate(bytes, nullptr));
  }
  const auto many = pool->allocate_for<double>(SIZE_MAX / 4, nullptr);
  REQUIRE(!many);
  CHECK(many.error().code == errc::overloaded);
  CHECK(heap.alive.empty());
}

TEST_CASE("what the device refuses is not counted") {
  heap_memory heap{.empty = true};
  const auto pool = device_pool::make(std::make_unique<heap_source>(heap), 10'000);
  const auto refused = pool->allocate(100, nullptr);
  REQUIRE(!refused);
  CHECK(refused.error().message == "the heap is empty");
  CHECK(pool->bytes_used() == 0);
  heap.empty = false;
  CHECK(pool->allocate(100, nullptr));
}

TEST_CASE("a buffer goes back once, to the stream that it was taken for, and outlives the pool's owner") {
  heap_memory heap;
  auto pool = device_pool::make(std::make_unique<heap_source>(heap), 10'000);
  device_buffer kept;
  {
    auto made = pool->allocate(100, stream_number(7));
    REQUIRE(made);
    kept = *std::move(made);
    auto other = pool->allocate(100, stream_number(8));
    REQUIRE(other);
    device_buffer gone = std::move(kept);
    kept = *std::move(other);
    CHECK(heap.alive.size() == 2);
  }
  CHECK(heap.last_order == stream_number(7));
  CHECK(heap.alive.size() == 1);
  pool.reset();
  CHECK(heap.alive.size() == 1);
  kept = {};
  CHECK(heap.last_order == stream_number(8));
  CHECK(heap.alive.empty());
}

TEST_CASE("no bytes are an empty buffer that costs nothing") {
  heap_memory heap;
  const auto pool = device_pool::make(std::make_unique<heap_source>(heap), 0);
  const auto nothing = pool->allocate(0, nullptr);
  REQUIRE(nothing);
  CHECK(nothing->data() == nullptr);
  CHECK(heap.alive.empty());
}
