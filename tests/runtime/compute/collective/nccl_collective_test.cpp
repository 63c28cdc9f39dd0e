// NCCL. What needs a device says so and is skipped without one.

#include "runtime/base/random_source.hpp"
#include "runtime/compute/collective/nccl_collective.hpp"
#include "runtime/compute/cuda/base/device_info.hpp"
#include "tests/support/rank_threads.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace weft;
using namespace std::chrono_literals;

constexpr auto patient = 30s;

/// Devices of this machine. Where that cannot be told (a driver that is too old, say) one is assumed, so that the tests
/// fail with the reason.
int count_devices() {
  static const int devices = [] {
    const auto found = cuda::find_devices();
    return found ? static_cast<int>(found->size()) : 1;
  }();
  return devices;
}

/// True, and says so, when there are fewer devices: doctest then counts the test as skipped.
bool skipped(int devices, const char* test) {
  const int there = count_devices();
  if (there >= devices)
    return false;
  std::cout << "skipped: " << (there ? "only " + std::to_string(there) : "no") << " CUDA device" << (there ? "(s)" : "")
            << ": " << test << '\n';
  return true;
}

/// On any thread: what fails comes back, and is checked by the test's.
result<std::unique_ptr<nccl_collective>> join(collective_group group, int device, const nccl_id& id) {
  auto memory = cuda::make_device_memory(device, 0); // keeps nothing, so that what is freed is free
  if (!memory)
    return memory.error();
  const auto pool = cuda::device_pool::make(std::move(*memory), 64 << 20);
  return nccl_collective::join(group, id, {.device = device, .pool = pool, .staging_bytes = 1 << 20}, patient);
}

size_t free_bytes() {
  size_t free = 0, total = 0;
  REQUIRE(cudaMemGetInfo(&free, &total) == cudaSuccess);
  return free;
}

std::vector<int64_t> some_values(uint64_t seed, size_t count) {
  random_source chance(seed);
  std::vector<int64_t> out(count);
  for (auto& v : out)
    v = static_cast<int64_t>(chance.next());
  return out;
}

} // namespace

TEST_CASE("without a device joining fails with a reason, and nothing is left behind" *
          doctest::skip(count_devices() > 0)) { // the other tests join
  const auto joined = nccl_communicator::join({}, 0, {}, 100ms);
  REQUIRE_FALSE(joined);
  CHECK(joined.error().code == errc::engine_failed);
}

TEST_CASE("one rank: every verb leaves its own values" * doctest::skip(skipped(1, "every verb with one rank"))) {
  const auto id = make_nccl_id();
  REQUIRE(id);
  auto joined = join({}, 0, *id);
  REQUIRE_MESSAGE(static_cast<bool>(joined), (joined ? "" : joined.error().message));
  auto& c = **joined;
  for (const size_t count : {0, 1, 1000, 300'001}) { // the last in three chunks
    CAPTURE(count);
    const auto want = some_values(count, count);
    auto values = want;
    CHECK(c.all_reduce(std::span<int64_t>{values}, reduce_op::sum, patient));
    CHECK(values == want);
    std::vector<int64_t> part(count);
    CHECK(c.reduce_scatter(values, part, reduce_op::maximum, patient));
    CHECK(part == want);
    std::vector<int64_t> all(count);
    CHECK(c.all_gather(std::as_bytes(std::span{want}), std::as_writable_bytes(std::span{all}), patient));
    CHECK(all == want);
    CHECK(c.broadcast(std::as_writable_bytes(std::span{values}), 0, patient));
    CHECK(values == want);
    CHECK(c.barrier(patient));
  }
}

TEST_CASE("100 times: join, abort or revoke, join again; device memory stays flat" *
          doctest::skip(skipped(1, "join, abort, revoke and re-join 100 times"))) {
  const auto cycle = [](int i) {
    const auto id = make_nccl_id();
    REQUIRE(id);
    auto joined = join({static_cast<uint64_t>(i), 0, 1}, 0, *id);
    REQUIRE_MESSAGE(static_cast<bool>(joined), (joined ? "" : joined.error().message));
    auto& c = **joined;
    std::vector<int64_t> values(1000, i);
    CHECK(c.all_reduce(std::span<int64_t>{values}, reduce_op::sum, patient));
    CHECK(values == std::vector<int64_t>(1000, i));
    if (i % 3 == 0)
      return; // in peace
    std::thread([&] { c.abort({errc::cancelled, "the test says so"}); }).join();
    CHECK(c.async_error()->code == errc::unavailable);
    if (i % 3 == 1)
      return;                             // aborts without a verb
    const auto said = c.barrier(patient); // notices
    REQUIRE_FALSE(said);
    CHECK(said.error().message.find("rank 0 aborted: the test says so") != std::string::npos);
    CHECK(c.communicator().revoke() == (NCCL_VERSION_CODE >= NCCL_VERSION(2, 28, 9)));
  };
  for (int i = 0; i < 6; ++i)
    cycle(i); // what CUDA and NCCL keep for good is there now
  const size_t before = free_bytes();
  for (int i = 0; i < 100; ++i)
    cycle(i);
  const size_t after = free_bytes();
  MESSAGE("device memory free before and after: ", before, " ", after);
  CHECK(after + (2 << 20) >= before);
}

TEST_CASE("a rank that never comes costs its deadline, not the thread" *
          doctest::skip(skipped(1, "a join that nobody answers"))) {
  const auto id = make_nccl_id();
  REQUIRE(id);
  const auto started = std::chrono::steady_clock::now();
  const auto joined = nccl_communicator::join({0, 0, 2}, 0, *id, 500ms);
  CHECK(std::chrono::steady_clock::now() - started < 10s);
  REQUIRE_FALSE(joined);
  CHECK(joined.error().code == errc::deadline_exceeded);
}

namespace {

/// Of some_values(first + rank) of so many ranks.
std::vector<int64_t> plain_sum(uint64_t first, uint32_t ranks, size_t count) {
  std::vector<int64_t> out(count);
  for (uint32_t rank = 0; rank < ranks; ++rank) {
    const auto of_rank = some_values(first + rank, count);
    for (size_t i = 0; i < count; ++i)
      out[i] = static_cast<int64_t>(static_cast<uint64_t>(out[i]) + static_cast<uint64_t>(of_rank[i]));
  }
  return out;
}

} // namespace

TEST_CASE(
    "all devices of this machine: sums are those of a plain loop; survivors of a death go on with the same staging" *
    doctest::skip(skipped(2, "sums over all devices, death and shrinking"))) {
  const auto ranks = static_cast<uint32_t>(count_devices());
  const auto id = make_nccl_id();
  REQUIRE(id);
  std::vector<status> said(ranks, ok), after(ranks, ok);
  std::vector<std::vector<int64_t>> sums(ranks), survivors(ranks);
  std::vector<std::thread> threads;
  for (uint32_t rank = 0; rank < ranks; ++rank)
    threads.emplace_back([&, rank] {
      auto joined = join({1, rank, ranks}, static_cast<int>(rank), *id);
      if (!joined) {
        said[rank] = joined.error();
        return;
      }
      sums[rank] = some_values(rank, 200'000);
      said[rank] = (*joined)->all_reduce(std::span<int64_t>{sums[rank]}, reduce_op::sum, patient);
      if (rank == ranks - 1)
        return; // dies
      // The others do not come to this one.
      std::vector<int64_t> more(10);
      after[rank] = (*joined)->all_reduce(std::span<int64_t>{more}, reduce_op::sum, 1s);
      const uint32_t gone[] = {ranks - 1};
      auto smaller = (*joined)->shrink(gone, 2, patient);
      if (!smaller) {
        said[rank] = smaller.error();
        return;
      }
      survivors[rank] = some_values(1000 + rank, 300'000); // in three chunks
      said[rank] = (*smaller)->all_reduce(std::span<int64_t>{survivors[rank]}, reduce_op::sum, patient);
      if (const auto& group = (*smaller)->group(); group.epoch != 2 || group.rank != rank || group.ranks != ranks - 1)
        said[rank] = failure{errc::internal, "another group than was asked for"};
      if ((*joined)->barrier(patient))
        said[rank] = failure{errc::internal, "the old collective still takes verbs"};
    });
  for (auto& t : threads)
    t.join();
  const auto want = plain_sum(0, ranks, 200'000);
  const auto want_after = plain_sum(1000, ranks - 1, 300'000);
  for (uint32_t rank = 0; rank < ranks; ++rank) {
    CHECK_MESSAGE(static_cast<bool>(said[rank]), (said[rank] ? "" : said[rank].error().message));
    CHECK(sums[rank] == want);
    CHECK(static_cast<bool>(after[rank]) == (rank == ranks - 1));
    CHECK((rank == ranks - 1 || survivors[rank] == want_after));
  }
}
