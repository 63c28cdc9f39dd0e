// Ranks that go over devices, and what they do where that is not possible. Devices are fakes here: what is tested is
// who decides what, and that nobody waits for a device in vain.

#include "runtime/compute/collective/close_aside.hpp"
#include "runtime/compute/collective/device_collective.hpp"
#include "tests/runtime/compute/collective/collective_worlds.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace weft;
using namespace std::chrono_literals;

constexpr auto patient = 20s;

using devices = std::vector<std::shared_ptr<device_ranks>>;

/// What each rank was told when it had formed. Written by the rank's thread, read after its first verb.
struct told {
  bool over_devices = false;
  std::string why;
  std::optional<failure> device_failed;
};

rank_ends make_ends(rank_ends hosts, const devices& of_ranks, std::vector<told>& heard) {
  rank_ends out;
  heard.assign(hosts.size(), {});
  for (size_t rank = 0; rank < hosts.size(); ++rank)
    out.push_back(std::make_unique<device_collective>(
        std::move(hosts[rank]), of_ranks[rank],
        device_collective_options{
            .formed =
                [&mine = heard[rank]](bool over_devices, const std::string& why) {
                  mine.over_devices = over_devices;
                  mine.why = why;
                },
            .device_failed = [&mine = heard[rank]](const failure& why) { mine.device_failed = why; }}));
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

/// Whoever joins at it has this end at once.
std::unique_ptr<device_place> place_with(std::unique_ptr<collective> end) {
  class one_place final : public device_place {
  public:
    explicit one_place(std::unique_ptr<collective> end) : end_(std::move(end)) {}
    result<std::unique_ptr<collective>> join(collective_group, const device_group_id&, collective::patience,
                                             const device_stop_look&) override {
      return std::move(end_);
    }

  private:
    std::unique_ptr<collective> end_;
  };
  return std::make_unique<one_place>(std::move(end));
}

} // namespace

TEST_CASE("ranks that all have a device of their own go over the devices") {
  const auto fabric = make_fabric();
  std::vector<told> heard;
  auto ends = make_ends(linked_world::make(3), {fabric->device(1), fabric->device(2), fabric->device(3)}, heard);
  CHECK(sums(ends) == std::vector<int64_t>{6, 6, 6});
  for (const auto& one : heard) {
    CHECK(one.over_devices);
    CHECK(one.why.empty());
    CHECK_FALSE(one.device_failed);
  }
  CHECK(fabric->communicators() == 1);
}

TEST_CASE("all ranks stay with the host where one cannot go over devices, and can say why") {
  const auto fabric = make_fabric();
  devices of_ranks;
  std::string why;
  bool joins = true;
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
    joins = false;
  }
  std::vector<told> heard;
  auto ends = make_ends(linked_world::make(3), of_ranks, heard);
  CHECK(sums(ends) == std::vector<int64_t>{6, 6, 6});
  for (const auto& one : heard) {
    CHECK_FALSE(one.over_devices);
    CHECK_FALSE(one.why.empty());
  }
  CHECK(heard[0].why == why);
  CHECK(heard[0].device_failed.has_value() == !joins);
}

TEST_CASE("devices that do not find each other are not tried again, though each may be sound") {
  const auto fabric = make_fabric();
  const fake_device_fabric::abilities in_vain{.waits_in_vain = true};
  std::vector<told> heard;
  auto ends = make_ends(linked_world::make(2), {fabric->device(1, in_vain), fabric->device(2, in_vain)}, heard);
  CHECK(sums(ends) == std::vector<int64_t>{3, 3});
  for (const auto& one : heard) {
    CHECK_FALSE(one.over_devices);
    REQUIRE(one.device_failed);
    CHECK(one.device_failed->code == errc::deadline_exceeded);
  }
}

TEST_CASE("a rank whose device refuses says so before anybody joins: the others do not wait for it there") {
  for (const auto code : {errc::overloaded, errc::engine_failed}) {
    CAPTURE(to_string(code));
    const auto fabric = make_fabric();
    const fake_device_fabric::abilities waits{.waits_for_ever = true};
    std::vector<told> heard;
    auto ends = make_ends(
        linked_world::make(3),
        {fabric->device(1, waits), fabric->device(2, {.refuses_place = code}), fabric->device(3, waits)}, heard);
    CHECK(sums(ends) == std::vector<int64_t>{6, 6, 6});
    CHECK(fabric->joins() == 0);
    REQUIRE(closings_left(10s) == 0); // on threads aside
    CHECK(fabric->places() == 0);     // given back
    for (const auto& one : heard)
      CHECK_FALSE(one.over_devices);
    CHECK(heard[0].why == "rank 1 cannot join on its device now");
    CHECK(heard[1].why == "the device takes no more");
    // What takes no more now may later; what fails is not tried again.
    CHECK(heard[1].device_failed.has_value() == (code == errc::engine_failed));
    CHECK_FALSE(heard[0].device_failed);
  }
}

namespace {

/// Two ranks whose devices have formed and wait for a third that never comes: the next verb hangs on the devices.
struct waiting_pair {
  std::shared_ptr<fake_device_fabric> fabric = make_fabric();
  std::vector<told> heard;
  rank_ends ends;
  std::promise<void> begun;

  waiting_pair() {
    ends = make_ends(linked_world::make(3), {fabric->device(1), fabric->device(2), fabric->device(3)}, heard);
    REQUIRE(sums(ends) == std::vector<int64_t>{6, 6, 6});
  }
  /// The first two ranks in a barrier.
  std::vector<status> wait(collective*& third) {
    auto absent = std::move(ends[2]);
    third = absent.get();
    auto said = on_each_rank<status>(ends, [this](collective& end) {
      if (end.group().rank == 0)
        begun.set_value();
      return end.barrier(patient);
    });
    ends[2] = std::move(absent);
    return said;
  }
};

} // namespace

TEST_CASE("a rank that dies while the others wait in a verb on their devices ends it on all of them") {
  const auto fabric = make_fabric();
  // The devices of four, of which one never joins: they stay silent whatever happens to the process of rank 2.
  class silent final : public device_ranks {
  public:
    silent(std::unique_ptr<collective> end, uint64_t identity) : end_(std::move(end)), identity_(identity) {}
    uint64_t device_identity() const noexcept override { return identity_; }
    result<device_group_id> make_id() override { return device_group_id{}; }
    result<std::unique_ptr<device_place>> take_place() override { return place_with(std::move(end_)); }

  private:
    std::unique_ptr<collective> end_;
    uint64_t identity_;
  };
  auto over = make_thread_group(4);
  devices of_ranks;
  for (uint32_t rank = 0; rank < 3; ++rank)
    of_ranks.push_back(std::make_shared<silent>(std::move(over[rank]), rank));
  std::vector<told> heard;
  auto hosts = linked_world::make(3);
  auto* const host_of_third = hosts[2].get();
  auto ends = make_ends(std::move(hosts), of_ranks, heard);
  std::promise<void> begun;
  auto killer = std::async(std::launch::async, [&] {
    begun.get_future().wait();
    host_of_third->abort({errc::unavailable, "its process is gone"});
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
    CHECK(one.error().message.find("its process is gone") != std::string::npos);
  }
  CHECK(std::chrono::steady_clock::now() - start < 2s);
  for (const auto& one : heard)
    CHECK_FALSE(one.device_failed);
}

TEST_CASE("an abort ends the verb in progress on every device, and every later one, with its reason") {
  waiting_pair pair;
  collective* third = nullptr;
  auto aborter = std::async(std::launch::async, [&] {
    pair.begun.get_future().wait();
    pair.ends[1]->abort({errc::unavailable, "the job was cancelled"});
  });
  const auto said = pair.wait(third);
  aborter.get();
  for (uint32_t rank = 0; rank < 2; ++rank) {
    REQUIRE_FALSE(said[rank]);
    CHECK(said[rank].error().message.find("the job was cancelled") != std::string::npos);
    const auto later = pair.ends[rank]->barrier(patient);
    REQUIRE_FALSE(later);
    CHECK(later.error().message.find("the job was cancelled") != std::string::npos);
  }
}

TEST_CASE("an abort ends joining, whatever the devices wait for, and no device is blamed") {
  const auto fabric = make_fabric();
  std::vector<told> heard;
  auto ends =
      make_ends(linked_world::make(2),
                {fabric->device(1, {.waits_for_ever = true}), fabric->device(2, {.waits_for_ever = true})}, heard);
  auto aborter = std::async(std::launch::async, [&] { ends[1]->abort({errc::unavailable, "the job was cancelled"}); });
  const auto start = std::chrono::steady_clock::now();
  const auto said = on_each_rank<status>(ends, [](collective& end) { return end.barrier(patient); });
  aborter.get();
  CHECK(std::chrono::steady_clock::now() - start < 10s); // joining has 20 s
  for (const auto& one : said) {
    REQUIRE_FALSE(one);
    CHECK(one.error().message.find("the job was cancelled") != std::string::npos);
  }
  for (const auto& one : heard)
    CHECK_FALSE(one.device_failed);
}

TEST_CASE("an end over a device that hangs while it is closed keeps nobody waiting") {
  // Closes when it is told to.
  class hanging final : public collective {
  public:
    hanging(std::shared_future<void> until, std::promise<void> gone)
        : until_(std::move(until)), gone_(std::move(gone)) {}
    ~hanging() override {
      until_.wait();
      gone_.set_value();
    }
    const collective_group& group() const noexcept override { return group_; }
    status all_reduce(std::span<int64_t>, reduce_op, patience) override { return ok; }
    status all_reduce(std::span<int32_t>, reduce_op, patience) override { return ok; }
    status all_gather(std::span<const std::byte>, std::span<std::byte>, patience) override { return ok; }
    status broadcast(std::span<std::byte>, uint32_t, patience) override { return ok; }
    status reduce_scatter(std::span<const int64_t>, std::span<int64_t>, reduce_op, patience) override { return ok; }
    status barrier(patience) override { return ok; }
    void abort(failure) noexcept override {}
    std::optional<failure> async_error() const override { return std::nullopt; }

  private:
    collective_group group_;
    std::shared_future<void> until_;
    std::promise<void> gone_;
  };
  class one_device final : public device_ranks {
  public:
    explicit one_device(std::unique_ptr<collective> end) : end_(std::move(end)) {}
    uint64_t device_identity() const noexcept override { return 1; }
    result<device_group_id> make_id() override { return device_group_id{}; }
    result<std::unique_ptr<device_place>> take_place() override { return place_with(std::move(end_)); }

  private:
    std::unique_ptr<collective> end_;
  };
  std::promise<void> let_go, is_gone;
  auto gone = is_gone.get_future();
  auto end = std::make_unique<hanging>(let_go.get_future().share(), std::move(is_gone));
  auto hosts = linked_world::make(1);
  auto over = std::make_unique<device_collective>(std::move(hosts[0]), std::make_shared<one_device>(std::move(end)),
                                                  device_collective_options{.close_max = 10ms, .abandon_max = 10ms});
  REQUIRE(over->barrier(patient));
  over.reset(); // returns, although the device does not
  CHECK(gone.wait_for(0s) == std::future_status::timeout);
  let_go.set_value();
  gone.get();
}

TEST_CASE("the first rank to finish does not end the last verb of the others") {
  for (int round = 0; round < 20; ++round) {
    const auto fabric = make_fabric();
    std::vector<told> heard;
    auto ends = make_ends(linked_world::make(3), {fabric->device(1), fabric->device(2), fabric->device(3)}, heard);
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
    CHECK(heard[0].over_devices);
  }
}
