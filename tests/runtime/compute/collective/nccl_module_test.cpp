// weft_nccl.so as a node has it: by its one C symbol. What needs a device says so and is skipped without one.

#include "runtime/compute/cuda/base/device_info.hpp"
#include "runtime/compute/cuda/base/stream.hpp"
#include "runtime/ports/device_ranks.hpp"
#include "runtime/ports/engine_module.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <dlfcn.h>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace weft;
using namespace std::chrono_literals;

constexpr auto patient = 30s;

device_ranks_function entry() {
  static void* const library = ::dlopen(WEFT_NCCL_MODULE_FILE, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    throw std::runtime_error(std::string("cannot load the module: ") + ::dlerror());
  const auto found = reinterpret_cast<device_ranks_function>(::dlsym(library, device_ranks_symbol));
  if (!found)
    throw std::runtime_error("the module has no " + std::string(device_ranks_symbol));
  return found;
}

std::unique_ptr<device_ranks> ranks_of_first_device() {
  return std::unique_ptr<device_ranks>{entry()(engine_module_abi(), 0)};
}

/// Where it cannot be told (a driver that is too old, say) there is one, so that the tests fail with the reason.
bool has_device() {
  static const bool there = [] {
    const auto found = cuda::find_devices();
    return !found || !found->empty();
  }();
  return there;
}

bool skipped(const char* test) {
  if (!has_device())
    std::cout << "skipped: no CUDA device: " << test << '\n';
  return !has_device();
}

/// A communicator of this rank alone.
std::unique_ptr<collective> join_alone(device_ranks& ranks, uint64_t epoch) {
  const auto id = ranks.make_id();
  REQUIRE_MESSAGE(static_cast<bool>(id), (id ? "" : id.error().message));
  auto joined = ranks.join({epoch, 0, 1}, *id, patient, {});
  REQUIRE_MESSAGE(static_cast<bool>(joined), (joined ? "" : joined.error().message));
  return *std::move(joined);
}

size_t free_bytes() {
  size_t free = 0, total = 0;
  REQUIRE(cudaMemGetInfo(&free, &total) == cudaSuccess);
  return free;
}

} // namespace

TEST_CASE("the module answers for its own build only, and calls one device the same each time") {
  CHECK(std::unique_ptr<device_ranks>{entry()(engine_module_abi() + 1, 0)} == nullptr);
  const auto ranks = ranks_of_first_device();
  REQUIRE(ranks != nullptr);
  CHECK(ranks->device_identity() == ranks_of_first_device()->device_identity());
}

TEST_CASE("without a device ranks that join at the same time fail, each with the reason" *
          doctest::skip(has_device())) {
  const auto ranks = ranks_of_first_device();
  std::vector<errc> codes(4, errc::none);
  std::vector<std::thread> threads;
  for (auto& code : codes)
    threads.emplace_back([&code, &ranks] {
      const auto joined = ranks->join({}, {}, 100ms, {});
      code = joined ? errc::none : joined.error().code;
    });
  for (auto& one : threads)
    one.join();
  CHECK(codes == std::vector<errc>(4, errc::engine_failed));
}

TEST_CASE("one rank by the module, 100 times: join, end in peace or by an abort, join again; device memory stays flat" *
          doctest::skip(skipped("join, abort and join again 100 times, by the module"))) {
  const auto ranks = ranks_of_first_device();
  const auto cycle = [&](int i) {
    const auto end = join_alone(*ranks, static_cast<uint64_t>(i));
    std::vector<int64_t> values(1000, i);
    CHECK(end->all_reduce(std::span<int64_t>{values}, reduce_op::sum, patient));
    CHECK(values == std::vector<int64_t>(1000, i));
    if (i % 3 == 0)
      return; // in peace
    end->abort({errc::cancelled, "the test says so"});
    if (i % 3 == 1)
      return;                           // without a verb
    CHECK_FALSE(end->barrier(patient)); // notices
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

TEST_CASE("a device has eight communicators at once; the ninth is told so, and has room when one has gone" *
          doctest::skip(skipped("the limit of communicators"))) {
  const auto ranks = ranks_of_first_device();
  std::vector<std::unique_ptr<collective>> ends;
  for (uint64_t i = 0; i < 8; ++i)
    ends.push_back(join_alone(*ranks, i));
  const auto id = ranks->make_id();
  REQUIRE(id);
  const auto ninth = ranks->join({}, *id, patient, {});
  REQUIRE_FALSE(ninth);
  CHECK(ninth.error().code == errc::overloaded);
  CHECK(ninth.error().message.find("8 communicators") != std::string::npos);
  ends.pop_back();
  CHECK(join_alone(*ranks, 9)->barrier(patient));
}

TEST_CASE("a join that nobody answers ends when it is told to" * doctest::skip(skipped("a join that is stopped"))) {
  const auto ranks = ranks_of_first_device();
  const auto id = ranks->make_id();
  REQUIRE(id);
  const auto started = std::chrono::steady_clock::now();
  const auto joined =
      ranks->join({0, 0, 2}, *id, 60s, [&] { return std::chrono::steady_clock::now() > started + 300ms; });
  REQUIRE_FALSE(joined);
  CHECK(joined.error().code == errc::cancelled);
  CHECK(std::chrono::steady_clock::now() - started < 10s);
}
