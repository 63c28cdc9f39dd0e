// Ranks that go over devices, and what they do where that is not possible. Devices are fakes here: what is tested is
// who decides what, and that nobody waits for a device in vain.

#include "runtime/compute/collective/device_collective.hpp"
#include "tests/runtime/compute/collective/collective_worlds.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace weft;
using namespace std::chrono_literals;

constexpr auto patient = 20s;

using devices = std::vector<std::shared_ptr<device_ranks>>;

/// Every rank forms on a thread of its own.
std::vector<result<formed_ranks>> form(rank_ends hosts, const devices& of_ranks) {
  std::vector<std::future<result<formed_ranks>>> forming;
  for (size_t rank = 0; rank < hosts.size(); ++rank)
    forming.push_back(std::async(
        std::launch::async, [&, rank] { return form_over_devices(std::move(hosts[rank]), of_ranks[rank], patient); }));
  std::vector<result<formed_ranks>> out;
  for (auto& one : forming)
    out.push_back(one.get());
  return out;
}

rank_ends ends_of(std::vector<result<formed_ranks>>& formed) {
  rank_ends out;
  for (auto& one : formed)
    out.push_back(std::move(one->end));
  return out;
}

/// What the ranks' numbers add up to, on every rank.
std::vector<int64_t> sums(rank_ends& ends) {
  return on_each_rank<int64_t>(ends, [](collective& end) {
    int64_t value = end.group().rank + 1;
    return end.all_reduce(std::span(&value, 1), reduce_op::sum, patient) ? value : -1;
  });
}

std::shared_ptr<fake_device_fabric> make_fabric() {
  return std::make_shared<fake_device_fabric>();
}

} // namespace

TEST_CASE("ranks that all have a device of their own go over the devices") {
  const auto fabric = make_fabric();
  auto formed = form(linked_world::make(3), {fabric->device(1), fabric->device(2), fabric->device(3)});
  for (const auto& one : formed) {
    REQUIRE(one);
    CHECK(one->over_devices);
    CHECK(one->why.empty());
  }
  CHECK(fabric->communicators() == 1);
  auto ends = ends_of(formed);
  CHECK(sums(ends) == std::vector<int64_t>{6, 6, 6});
}

TEST_CASE("all ranks stay with the host where one cannot go over devices, and can say why") {
  const auto fabric = make_fabric();
  devices of_ranks;
  std::string why;
  SUBCASE("a rank without a device") {
    of_ranks = {fabric->device(1), nullptr, fabric->device(3)};
    why = "rank 1 has no device";
  }
  SUBCASE("two nodes of one machine on one device") {
    of_ranks = {fabric->device(1), fabric->device(2), fabric->device(1)};
    why = "two ranks share a device";
  }
  SUBCASE("no id can be made") {
    of_ranks = {fabric->device(1, {.makes_ids = false}), fabric->device(2), fabric->device(3)};
    why = "no way between machines";
  }
  SUBCASE("the first rank's device does not join") {
    of_ranks = {fabric->device(1, {.joins = false}), fabric->device(2), fabric->device(3)};
    why = "the device does not answer";
  }
  auto formed = form(linked_world::make(3), of_ranks);
  for (const auto& one : formed) {
    REQUIRE(one);
    CHECK_FALSE(one->over_devices);
    CHECK_FALSE(one->why.empty());
  }
  CHECK(formed[0]->why == why);
  auto ends = ends_of(formed);
  CHECK(sums(ends) == std::vector<int64_t>{6, 6, 6});
}

TEST_CASE("a rank that dies while the others wait in a verb on their devices ends it on all of them") {
  const auto fabric = make_fabric();
  auto hosts = linked_world::make(3);
  auto over = make_thread_group(3);
  rank_ends ends(3);
  for (uint32_t rank = 0; rank < 2; ++rank)
    ends[rank] = std::make_unique<device_collective>(std::move(hosts[rank]), std::move(over[rank]));
  std::promise<void> begun;
  auto killer = std::async(std::launch::async, [&] {
    begun.get_future().wait();
    hosts[2].reset(); // the process is gone; its device stays silent
  });
  const auto start = std::chrono::steady_clock::now();
  auto said = on_each_rank<status>(ends, [&](collective& end) {
    if (end.group().rank == 0)
      begun.set_value();
    int64_t value = 1;
    return end.all_reduce(std::span(&value, 1), reduce_op::sum, patient);
  });
  killer.get();
  for (const auto& one : said) {
    REQUIRE_FALSE(one);
    CHECK(one.error().code == errc::unavailable);
    CHECK(one.error().message.find("rank 2") != std::string::npos);
  }
  CHECK(std::chrono::steady_clock::now() - start < 2s);
}

TEST_CASE("an abort ends the verb in progress on every device, and every later one, with its reason") {
  auto hosts = linked_world::make(2);
  auto over = make_thread_group(3); // the third rank never comes: the verb waits
  rank_ends ends;
  for (uint32_t rank = 0; rank < 2; ++rank)
    ends.push_back(std::make_unique<device_collective>(std::move(hosts[rank]), std::move(over[rank])));
  std::promise<void> begun;
  auto aborter = std::async(std::launch::async, [&] {
    begun.get_future().wait();
    ends[1]->abort({errc::unavailable, "the job was cancelled"});
  });
  auto said = on_each_rank<status>(ends, [&](collective& end) {
    if (end.group().rank == 0)
      begun.set_value();
    return end.barrier(patient);
  });
  aborter.get();
  for (uint32_t rank = 0; rank < 2; ++rank) {
    REQUIRE_FALSE(said[rank]);
    CHECK(said[rank].error().message.find("the job was cancelled") != std::string::npos);
    const auto later = ends[rank]->barrier(patient);
    REQUIRE_FALSE(later);
    CHECK(later.error().message.find("the job was cancelled") != std::string::npos);
  }
}

TEST_CASE("what fails on one rank's device is told to the others at once") {
  auto hosts = linked_world::make(2);
  auto over = make_thread_group(2);
  auto& broken = *over[0];
  rank_ends ends;
  for (uint32_t rank = 0; rank < 2; ++rank)
    ends.push_back(std::make_unique<device_collective>(std::move(hosts[rank]), std::move(over[rank])));
  broken.abort({errc::engine_failed, "an uncorrectable error"});
  auto said = on_each_rank<status>(ends, [&](collective& end) { return end.barrier(patient); });
  for (const auto& one : said) {
    REQUIRE_FALSE(one);
    CHECK(one.error().code == errc::unavailable);
    CHECK(one.error().message.find("an uncorrectable error") != std::string::npos);
  }
}

TEST_CASE("the first rank to finish does not end the last verb of the others") {
  const auto fabric = make_fabric();
  for (int round = 0; round < 20; ++round) {
    auto formed = form(linked_world::make(3), {fabric->device(1), fabric->device(2), fabric->device(3)});
    auto ends = ends_of(formed);
    std::vector<std::future<bool>> running;
    for (auto& end : ends)
      running.push_back(std::async(std::launch::async, [mine = std::move(end)]() mutable {
        std::vector<int64_t> values(10'000, 1);
        const bool fine = bool(mine->all_reduce(values, reduce_op::sum, patient)) && values[9'999] == 3;
        mine.reset();
        return fine;
      }));
    for (auto& one : running)
      CHECK(one.get());
  }
}
