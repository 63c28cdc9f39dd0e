#include "node/devices/device_rank_carrier.hpp"
#include "tests/support/fake_device_ranks.hpp"
#include "tests/support/memory_rank_carrier.hpp"
#include "tests/support/rank_threads.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace {

using namespace weft;
using namespace std::chrono_literals;

constexpr auto patient = 20s;
const std::vector<std::string> addresses{"a:1", "b:1"};

/// Two nodes, each with a carrier over a device.
struct two_nodes {
  std::shared_ptr<memory_rank_hub> hub = memory_rank_hub::make();
  std::shared_ptr<fake_device_fabric> fabric = std::make_shared<fake_device_fabric>();
  std::mutex mutex;
  std::vector<std::string> told;
  std::vector<std::unique_ptr<device_rank_carrier>> carriers;

  explicit two_nodes(fake_device_fabric::abilities of_second) {
    for (size_t node = 0; node < addresses.size(); ++node)
      carriers.push_back(std::make_unique<device_rank_carrier>(
          hub->carrier(addresses[node]), fabric->device(node, node == 1 ? of_second : fake_device_fabric::abilities{}),
          [this](const std::string& text) {
            const std::lock_guard lock{mutex};
            told.push_back(text);
          }));
  }

  /// What all ranks' ones add up to in this epoch of a job; how often `words` were said in it.
  std::vector<int64_t> sums(uint64_t job, uint64_t epoch) {
    told.clear();
    rank_ends ends;
    for (uint32_t rank = 0; rank < 2; ++rank) {
      auto joined = carriers[rank]->join({.job = job_id{job, 0}, .group = {epoch, rank, 2}, .addresses = addresses});
      REQUIRE(joined);
      ends.push_back(*std::move(joined));
    }
    return on_each_rank<int64_t>(ends, [](collective& end) {
      int64_t one = 1;
      return end.all_reduce(std::span(&one, 1), reduce_op::sum, patient) ? one : -1;
    });
  }
  int said(const std::string& words) const {
    int out = 0;
    for (const auto& text : told)
      out += text.find(words) != std::string::npos;
    return out;
  }
};

} // namespace

TEST_CASE("ranks of nodes that all have a device go over their devices") {
  two_nodes nodes({});
  CHECK(nodes.sums(1, 1) == std::vector<int64_t>{2, 2});
  CHECK(nodes.said("go over their devices") == 2);
  CHECK(nodes.fabric->communicators() == 1);
}

TEST_CASE("a job whose device does not join goes on over the CPU, and does not try it again; other jobs do") {
  two_nodes nodes({.makes_ids = true, .joins = false});
  CHECK(nodes.sums(1, 1) == std::vector<int64_t>{2, 2});
  CHECK(nodes.said("the job goes on without it: the device does not answer") == 1);
  CHECK(nodes.said("go over the CPU") == 2);
  CHECK(nodes.fabric->communicators() == 1);

  CHECK(nodes.sums(1, 2) == std::vector<int64_t>{2, 2});
  CHECK(nodes.said("go over the CPU: rank 1 has no device") == 1); // the other node has nothing to say any more
  CHECK(nodes.fabric->communicators() == 1);

  CHECK(nodes.sums(2, 1) == std::vector<int64_t>{2, 2});
  CHECK(nodes.fabric->communicators() == 2);
}

TEST_CASE("a device that is fenced is no rank's any more") {
  two_nodes nodes({});
  bool usable = true;
  nodes.carriers[1] = std::make_unique<device_rank_carrier>(
      nodes.hub->carrier(addresses[1]), nodes.fabric->device(1), [](const std::string&) {}, [&] { return usable; });
  CHECK(nodes.sums(1, 1) == std::vector<int64_t>{2, 2});
  CHECK(nodes.fabric->communicators() == 1);
  usable = false;
  CHECK(nodes.sums(1, 2) == std::vector<int64_t>{2, 2});
  CHECK(nodes.said("go over the CPU: rank 1 has no device") == 1);
  CHECK(nodes.fabric->communicators() == 1);
}

TEST_CASE("after 256 further jobs whose device failed, the first one tries it again; no other job is without it") {
  two_nodes nodes({.makes_ids = true, .joins = false});
  for (uint64_t job = 1; job <= 257; ++job)
    REQUIRE(nodes.sums(job, 1) == std::vector<int64_t>{2, 2});
  REQUIRE(nodes.fabric->communicators() == 257);
  nodes.sums(257, 2);
  CHECK(nodes.fabric->communicators() == 257);
  nodes.sums(1, 2);
  CHECK(nodes.fabric->communicators() == 258);
  nodes.sums(300, 1);
  CHECK(nodes.fabric->communicators() == 259);
}

TEST_CASE("what the carrier below refuses is refused") {
  two_nodes nodes({});
  const auto joined = nodes.carriers[0]->join({.job = job_id{1, 0}, .group = {1, 5, 2}, .addresses = addresses});
  REQUIRE_FALSE(joined);
  CHECK(joined.error().code == errc::invalid_argument);
}

TEST_CASE("a folder without the module of ranks, or with something else of that name, says so") {
  const weft::test::temporary_directory folder;
  const auto absent = load_device_ranks(folder.path(), 0);
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code == errc::unavailable);
  CHECK(absent.error().message.find("weft_nccl.so") != std::string::npos);
  folder.write("weft_nccl.so", "no library");
  CHECK_FALSE(load_device_ranks(folder.path(), 0));
}

#ifdef WEFT_NCCL_MODULE_FILE
TEST_CASE("the module of ranks is one of this build, and loads on a machine without a device") {
  const auto ranks = load_device_ranks(std::filesystem::path{WEFT_NCCL_MODULE_FILE}.parent_path(), 0);
  REQUIRE(ranks);
  CHECK(*ranks != nullptr);
}
#endif
