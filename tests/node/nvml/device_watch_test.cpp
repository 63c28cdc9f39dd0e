#include "node/nvml/device_watch.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <thread>

using namespace weft;
using namespace std::chrono_literals;

namespace {

constexpr auto long_enough = 30s; ///< against hanging, not a measure

/// What a test's devices say.
struct driver {
  std::mutex mutex;
  std::map<std::string, device_figures> devices;
  std::atomic<int> open{0};
  std::thread::id asked_on;
  std::shared_future<void> gate; ///< reading waits for it, where it is valid
  std::promise<void> reading;    ///< it has come to the gate
  std::once_flag first;
  std::promise<void> closed; ///< the monitor has gone
};

class fake_monitor final : public device_monitor {
public:
  explicit fake_monitor(std::shared_ptr<driver> from) : from_(std::move(from)) { ++from_->open; }
  ~fake_monitor() override {
    --from_->open;
    from_->closed.set_value();
  }
  result<device_figures> read(const std::string& pci_bus_id) override {
    if (from_->gate.valid()) {
      std::call_once(from_->first, [this] { from_->reading.set_value(); });
      from_->gate.wait();
    }
    const std::lock_guard hold(from_->mutex);
    from_->asked_on = std::this_thread::get_id();
    const auto found = from_->devices.find(pci_bus_id);
    if (found == from_->devices.end())
      return failure{errc::unavailable, "no such device"};
    return found->second;
  }

private:
  std::shared_ptr<driver> from_;
};

device_watch_options options_for(const std::shared_ptr<driver>& from) {
  return {.pci_bus_ids = {"a", "b"}, .period = 1h, .open = [from]() -> result<std::unique_ptr<device_monitor>> {
            return std::unique_ptr<device_monitor>{std::make_unique<fake_monitor>(from)};
          }};
}

} // namespace

TEST_CASE("figures are those of the last look, by device, and come from a thread of their own") {
  const auto from = std::make_shared<driver>();
  from->devices["a"] = {.utilization = 0.5};
  device_watch watch(options_for(from));
  REQUIRE(watch.look(long_enough));
  CHECK(watch.latest() == std::vector<device_figures>{{.utilization = 0.5}, {}});
  {
    const std::lock_guard hold(from->mutex);
    CHECK(from->asked_on != std::this_thread::get_id());
    from->devices.erase("a"); // gone, as one that fell off the bus
    from->devices["b"] = {.temperature_celsius = 40};
  }
  CHECK(watch.latest()[0].utilization == 0.5);
  REQUIRE(watch.look(long_enough));
  CHECK(watch.latest() == std::vector<device_figures>{{}, {.temperature_celsius = 40}});
}

TEST_CASE("it looks again by itself after each period") {
  const auto from = std::make_shared<driver>();
  auto options = options_for(from);
  options.period = 1ms;
  std::atomic<int> reads{0};
  std::promise<void> thrice;
  struct counting final : device_monitor {
    std::atomic<int>& reads;
    std::promise<void>& thrice;
    counting(std::atomic<int>& r, std::promise<void>& t) : reads(r), thrice(t) {}
    result<device_figures> read(const std::string& id) override {
      if (id == "a" && ++reads == 3)
        thrice.set_value();
      return device_figures{};
    }
  };
  options.open = [&]() -> result<std::unique_ptr<device_monitor>> {
    return std::unique_ptr<device_monitor>{std::make_unique<counting>(reads, thrice)};
  };
  const device_watch watch(std::move(options));
  CHECK(thrice.get_future().wait_for(long_enough) == std::future_status::ready);
}

TEST_CASE("without a library there are no figures, and one line says why") {
  std::promise<std::string> told;
  std::atomic<int> lines{0};
  device_watch watch({.pci_bus_ids = {"a"},
                      .open = []() -> result<std::unique_ptr<device_monitor>> {
                        return failure{errc::unavailable, "no such library"};
                      },
                      .told =
                          [&](const std::string& why) {
                            ++lines;
                            told.set_value(why);
                          }});
  CHECK(told.get_future().get() == "no such library");
  CHECK_FALSE(watch.look(long_enough));
  CHECK(watch.latest() == std::vector<device_figures>(1));
  CHECK(lines == 1);
}

TEST_CASE("it ends its monitor, also between looks, and nobody who reads waits for a driver that takes its time") {
  const auto from = std::make_shared<driver>();
  std::promise<void> open_gate;
  from->gate = open_gate.get_future().share();
  {
    device_watch watch(options_for(from));
    CHECK(watch.latest() == std::vector<device_figures>(2));
    CHECK_FALSE(watch.look(1ms));
    open_gate.set_value();
    CHECK(watch.look(long_enough));
    CHECK(from->open == 1);
  }
  CHECK(from->open == 0);
}

TEST_CASE("a driver that hangs does not keep anybody from ending the watch") {
  const auto from = std::make_shared<driver>();
  std::promise<void> open_gate;
  from->gate = open_gate.get_future().share();
  auto watch = std::make_unique<device_watch>(options_for(from));
  REQUIRE(from->reading.get_future().wait_for(long_enough) == std::future_status::ready);
  watch.reset(); // after end_wait
  CHECK(from->open == 1);
  open_gate.set_value();
  CHECK(from->closed.get_future().wait_for(long_enough) == std::future_status::ready); // the thread ends by itself
}
