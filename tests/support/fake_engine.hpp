#pragma once

#include "tests/support/fake_device.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <variant>

namespace weft::test {

/// An engine on a fake_device.
class fake_engine final : public engine {
public:
  fake_engine(std::shared_ptr<fake_device> device, uint32_t index) : device_(std::move(device)) {
    info_ = {.device = "fake:" + std::to_string(index),
             .dimensions = fake_engine_dimensions,
             .batch_tokens_best = device_->tokens_best,
             .kind = device_->devices >= 0 ? device_kind::gpu : device_kind::cpu};
    ++device_->engines_made;
    ++device_->engines_alive;
    if (device_->how() == fake_device::mode::threads)
      thread_ = std::thread([this] { serve(); });
  }
  ~fake_engine() override {
    if (thread_.joinable()) {
      {
        const std::lock_guard hold(mutex_);
        stopping_ = true;
      }
      changed_.notify_all();
      thread_.join();
      for (auto& [work, done] : queue_)
        done({failure{errc::unavailable, "the engine is gone"}, {}});
    }
    --device_->engines_alive;
  }

  const engine_info& info() const noexcept override { return info_; }

  void run(engine_work work, std::function<void(engine_reply)> answer) override {
    // Once its device is lost everything fails, whatever the device behind it does.
    auto done = [lost = lost_, answer = std::move(answer)](engine_reply reply) {
      if (*lost)
        reply = {failure{errc::engine_failed, "the device is lost"}, {}, true};
      *lost = reply.device_lost;
      answer(std::move(reply));
    };
    if (!std::holds_alternative<embed_batch>(work))
      return device_->run_points(work, std::move(done));
    auto batch = std::get<embed_batch>(std::move(work));
    if (!thread_.joinable())
      return device_->run(std::move(batch), std::move(done));
    const std::lock_guard hold(mutex_);
    queue_.emplace_back(std::move(batch), std::move(done));
    changed_.notify_all();
  }

private:
  void serve() {
    std::unique_lock hold(mutex_);
    for (;;) {
      changed_.wait(hold, [&] { return stopping_ || !queue_.empty(); });
      if (stopping_)
        return;
      auto next = std::move(queue_.front());
      queue_.pop_front();
      hold.unlock();
      device_->run(std::move(next.first), std::move(next.second));
      next = {};
      hold.lock();
    }
  }

  std::shared_ptr<fake_device> device_;
  std::shared_ptr<std::atomic<bool>> lost_ = std::make_shared<std::atomic<bool>>(false);
  engine_info info_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<embed_batch, std::function<void(engine_reply)>>> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace weft::test
