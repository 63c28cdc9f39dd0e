#include "actors/actor_tree.hpp"
#include "tests/node/devices/loaded_devices.hpp"
#include "tests/support/fake_model.hpp"
#include "tests/support/recording_call.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

// The real loader, the real actors and their threads; only devices and CPUs are fakes.
namespace {

/// A node whose model is opened as a node's is: on devices while there is one, else on CPUs. What devices are given
/// waits for open_gate().
class device_node {
public:
  explicit device_node(bool cpu_serves) : cpu_serves_(cpu_serves) {
    const auto open = gate_.get_future().share();
    loaded.device(0).gate = loaded.device(1).gate = open;
  }
  ~device_node() { open_gate(); }

  void start() {
    tree_options options{.node_name = "n1", .version = "0.1.0"};
    options.models.push_back({"m", model_load::kept, [this] { return open(); }});
    options.pools.push_back({.model = "m", .workers_max = 1, .batch_tokens_max = 256});
    options.cache.enabled = false;
    options.on_unhealthy = [this](const std::string&) { unhealthy = true; };
    tree.emplace(std::move(options));
  }
  void open_gate() {
    if (!std::exchange(is_open_, true))
      gate_.set_value();
  }
  outcome_ptr submit(std::vector<std::string> texts) {
    auto [call, outcome] = make_call(std::move(texts));
    tree->entrance().submit(std::move(call));
    return outcome;
  }
  /// Calls until each device has begun a batch: both are there, and busy.
  std::vector<outcome_ptr> fill_devices() {
    std::vector<outcome_ptr> out;
    for (int i = 0; i < 8; ++i)
      out.push_back(submit({std::string(254, 'x')}));
    REQUIRE(comes([&] { return loaded.device(0).tokens().size() == 1 && loaded.device(1).tokens().size() == 1; }));
    return out;
  }

  loaded_devices loaded;
  std::shared_ptr<fake_device> cpu = std::make_shared<fake_device>(fake_device::mode::threads);
  std::atomic<int> opened{0};
  std::atomic<bool> unhealthy{false};
  std::optional<actor_tree> tree; // last: its threads use all of the above

private:
  result<model_ptr> open() {
    ++opened;
    const auto on_cpu = std::make_shared<fake_model>(cpu);
    if (loaded.use.board->usable() == 0)
      return model_ptr{on_cpu};
    return make_device_model(
        {.on_cpu = on_cpu, .cpu_serves = cpu_serves_, .precision = numeric_class::fp16, .directory = "folder"},
        loaded.use);
  }

  const bool cpu_serves_;
  bool is_open_ = false;
  std::promise<void> gate_;
};

void check_answered(const std::vector<outcome_ptr>& calls, const fake_model& same) {
  for (const auto& call : calls) {
    call->wait();
    REQUIRE(call->code() == errc::none);
    CHECK(call->reply().items.at(0).values == same.vector(std::string(254, 'x')));
  }
}

} // namespace

TEST_CASE("two devices share the calls, whatever the pool's size on CPUs") {
  device_node node{false};
  node.start();
  const auto calls = node.fill_devices();
  node.open_gate();
  check_answered(calls, fake_model{node.cpu});
  CHECK(calls[0]->reply().precision == numeric_class::fp16);
  CHECK(node.loaded.fake->made().size() == 2);
  CHECK(node.cpu->engines_made == 0);
  CHECK(node.loaded.lost().empty());
}

TEST_CASE("a device that fails is fenced, its batches are computed on the other, and the node stays up") {
  device_node node{false};
  node.start();
  const auto calls = node.fill_devices();
  node.loaded.device(1).devices_to_lose = 1;
  node.open_gate();
  check_answered(calls, fake_model{node.cpu});
  REQUIRE(node.loaded.lost().size() == 1);
  CHECK(node.loaded.lost()[0].device.index == 1);
  REQUIRE(comes([&] { return node.loaded.device(1).engines_alive == 0; }));
  const auto done = node.loaded.device(1).tokens().size();
  for (int i = 0; i < 20; ++i) {
    auto next = node.submit({"next"});
    next->wait();
    CHECK(next->code() == errc::none);
  }
  CHECK(node.loaded.device(1).tokens().size() == done);
  CHECK(node.loaded.device(1).engines_made == 1); // never tried again
  CHECK(node.loaded.device(0).engines_made == 1);
  CHECK(node.opened == 1);
  CHECK_FALSE(node.unhealthy);
}

TEST_CASE("when both are lost CPUs go on in the same class, if they compute in it") {
  device_node node{true};
  node.start();
  const auto calls = node.fill_devices();
  for (size_t i = 0; i < 2; ++i)
    node.loaded.device(i).devices_to_lose = 1;
  node.open_gate();
  check_answered(calls, fake_model{node.cpu});
  CHECK(node.loaded.lost().size() == 2);
  CHECK(node.cpu->engines_made == 1); // as many as the pool has on CPUs
  CHECK(node.opened == 1);
  auto next = node.submit({"next"});
  next->wait();
  REQUIRE(next->code() == errc::none);
  CHECK(next->reply().precision == numeric_class::fp16); // the model's class, in which this fake CPU computes
  CHECK_FALSE(node.unhealthy);
}

TEST_CASE("when both are lost and no CPU computes in their class, the model is opened anew in the CPU's") {
  device_node node{false};
  node.start();
  const auto calls = node.fill_devices();
  for (size_t i = 0; i < 2; ++i)
    node.loaded.device(i).devices_to_lose = 1;
  node.open_gate();
  for (const auto& call : calls) {
    call->wait();
    CHECK(call->code() == errc::unavailable); // never a vector of another class under this one's name
  }
  auto next = node.submit({"next"});
  next->wait();
  REQUIRE(next->code() == errc::none);
  CHECK(next->reply().precision == numeric_class::fp32);
  CHECK(next->reply().items.at(0).values == fake_model{node.cpu}.vector("next"));
  CHECK(node.opened == 2);
  CHECK(node.cpu->engines_made == 1);
  CHECK_FALSE(node.unhealthy);
}

TEST_CASE("a device on which no engine can be made costs no call: the other serves") {
  device_node node{false};
  node.loaded.fake->break_device(0);
  node.start();
  node.open_gate();
  for (int i = 0; i < 20; ++i) {
    auto call = node.submit({"text"});
    call->wait();
    CHECK(call->code() == errc::none);
    CHECK(call->reply().precision == numeric_class::fp16);
  }
  CHECK(node.loaded.lost().size() == 1);
  CHECK(node.loaded.fake->made().size() == 1);
  CHECK_FALSE(node.unhealthy);
}

TEST_CASE("where no device can be used from the start, CPUs serve") {
  device_node node{false};
  node.loaded.fake->break_device(0);
  node.loaded.fake->break_device(1);
  node.start();
  // Whatever waited while that was found out may have failed, as at any loss; what comes then is computed.
  REQUIRE(comes([&] { return node.opened == 2; }));
  auto call = node.submit({"text"});
  call->wait();
  CHECK(call->code() == errc::none);
  CHECK(call->reply().precision == numeric_class::fp32);
  CHECK_FALSE(node.unhealthy);
}
