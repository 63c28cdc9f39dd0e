#include "node/nvml/device_watch.hpp"

#include "runtime/base/assert.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace weft {

/// What the watch and its thread have in common; it lives as long as either.
struct device_watch::shared {
  explicit shared(device_watch_options wanted) : options(std::move(wanted)), figures(options.pci_bus_ids.size()) {}

  void serve();
  bool look(device_monitor& monitor);

  const device_watch_options options;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<device_figures> figures;
  uint64_t looks_wanted = 1;
  uint64_t looks_done = 0;
  bool stopping = false;
  bool ended = false;
  std::thread thread;
};

void device_watch::shared::serve() {
  auto monitor = options.open();
  if (!monitor && options.told)
    options.told(monitor.error().message);
  std::unique_lock hold(mutex);
  while (monitor && !stopping) {
    const auto wanted = looks_wanted;
    hold.unlock();
    std::vector<device_figures> next;
    for (const auto& id : options.pci_bus_ids) {
      auto read = (*monitor)->read(id);
      next.push_back(read ? *std::move(read) : device_figures{});
    }
    hold.lock();
    figures = std::move(next);
    looks_done = wanted;
    changed.notify_all();
    changed.wait_for(hold, options.period, [this] { return stopping || looks_wanted > looks_done; });
  }
  hold.unlock();
  if (monitor)
    monitor->reset(); // NVML is ended here, and may take its time as well
  hold.lock();
  ended = true;
  changed.notify_all();
}

device_watch::device_watch(device_watch_options options) : shared_(std::make_shared<shared>(std::move(options))) {
  WEFT_ASSERT(shared_->options.open != nullptr);
  shared_->thread = std::thread([all = shared_] { all->serve(); });
}

device_watch::~device_watch() {
  std::unique_lock hold(shared_->mutex);
  shared_->stopping = true;
  shared_->changed.notify_all();
  const bool ended = shared_->changed.wait_for(hold, end_wait, [this] { return shared_->ended; });
  auto thread = std::move(shared_->thread);
  hold.unlock();
  if (ended)
    thread.join();
  else
    thread.detach();
}

std::vector<device_figures> device_watch::latest() const {
  const std::lock_guard hold(shared_->mutex);
  return shared_->figures;
}

bool device_watch::look(std::chrono::milliseconds within) {
  std::unique_lock hold(shared_->mutex);
  const auto mine = ++shared_->looks_wanted;
  shared_->changed.notify_all();
  return shared_->changed.wait_for(hold, within, [&] { return shared_->looks_done >= mine || shared_->ended; }) &&
         shared_->looks_done >= mine;
}

} // namespace weft
