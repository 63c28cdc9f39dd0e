#include "runtime/compute/cuda/engine/cuda_engine.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/cpu/engine_queue.hpp"
#include "runtime/compute/cpu/engine_thread.hpp"
#include "runtime/compute/cuda/engine/batch_part.hpp"
#include "runtime/compute/cuda/engine/batch_run.hpp"
#include "runtime/points/points_work.hpp"

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace weft::cuda {

namespace {

using clock = std::chrono::steady_clock;

/// How long a part may be done before the thread looks, where it waits for new work too: short beside a part (some
/// hundred microseconds), long beside the look (a few).
constexpr std::chrono::microseconds look_every{50};

/// What this thread may compute itself where the device has no room: about a fifth of a second. Batches wait behind it,
/// and larger work is better off with an engine that is made for it.
constexpr uint64_t host_products_max = 4'000'000'000;

/// Of the same on the host, which has no labels of a step before.
uint64_t host_products_of(const engine_work& work) {
  const auto* step = std::get_if<assign_work>(&work);
  if (!step || step->points->dimensions == 0)
    return products_of(work);
  const bool is_one = step->before.empty() || step->before == step->centroids;
  const uint64_t clusters = step->centroids.size() / step->points->dimensions;
  return step->points->values.size() * clusters * (is_one ? 1 : 2);
}

/// run() only queues; all else happens on the thread.
class cuda_engine final : public engine {
public:
  cuda_engine(std::unique_ptr<device_layer> device, const bert_shape& shape, engine_info info)
      : shape_(shape), info_(std::move(info)), device_(std::move(device)), batches_(*device_, shape), thread_([this] {
          prepare_engine_thread("weft-" + info_.device.substr(0, info_.device.find(':')) + "-" +
                                    info_.device.substr(info_.device.find(':') + 1),
                                std::nullopt);
          serve();
        }) {}

  ~cuda_engine() override {
    WEFT_ASSERT(std::this_thread::get_id() != thread_.get_id()); // `done` must only send a message
    queue_.stop();
    thread_.join();
  }

  const engine_info& info() const noexcept override { return info_; }

  void run(engine_work work, std::function<void(engine_reply)> done) override {
    queue_.push(std::move(work), std::move(done));
  }

private:
  void serve() {
    if (const auto attached = device_->attach(); !attached)
      fence(attached.error());
    for (;;) {
      auto piece = batches_.empty() ? queue_.pop() : batches_.has_room() ? next_piece() : std::nullopt;
      if (piece)
        begin(std::move(*piece));
      else if (batches_.empty())
        return; // stopped
      else
        step();
    }
  }

  /// While a slot is free: a piece as soon as there is one, since the device needs its next part before it is done with
  /// the one under way; nothing once that one is done.
  std::optional<engine_queue::piece> next_piece() {
    for (;;) {
      if (auto piece = queue_.try_pop())
        return piece;
      if (batches_.oldest_done())
        return std::nullopt;
      queue_.wait_for(look_every);
    }
  }

  void begin(engine_queue::piece piece) {
    if (const auto* refused = std::get_if<failure>(&piece.work))
      return finish_before([done = std::move(piece.done), reason = *refused] { done({reason, {}}); });
    auto& work = std::get<engine_work>(piece.work);
    if (lost_)
      return piece.done({*lost_, {}, true});
    if (auto* batch = std::get_if<embed_batch>(&work)) {
      if (auto reason = batches_.add(std::move(*batch), std::move(piece.done)))
        fence(*reason);
      return;
    }
    finish_before([&] { piece.done(lost_ ? engine_reply{*lost_, {}, true} : compute_points(work)); });
  }

  /// Answers come in order, and points have the device alone: what is under way ends first.
  template <class Action> void finish_before(const Action& action) {
    while (!batches_.empty())
      step();
    action();
  }

  void step() {
    if (auto reason = batches_.step())
      fence(*reason);
  }

  void fence(const failure& reason) {
    lost_ = failure{errc::engine_failed, reason.message};
    batches_.fail_all(*lost_);
  }

  engine_reply compute_points(const engine_work& work) {
    const auto start = clock::now();
    auto output = [&]() -> result<engine_output> {
      try {
        if (auto fault = find_points_fault(work))
          return std::move(*fault);
        auto out = device_->compute(work);
        if (out || out.error().code != errc::overloaded || host_products_of(work) > host_products_max)
          return out;
        return run_points(work);
      } catch (const std::exception& thrown) {
        return failure{errc::engine_failed, info_.device + ": " + thrown.what()};
      }
    }();
    const bool lost = !output && device_->is_lost(output.error());
    if (lost)
      fence(output.error());
    return {lost ? result<engine_output>(*lost_) : std::move(output), clock::now() - start, lost};
  }

  const bert_shape shape_;
  const engine_info info_;
  std::unique_ptr<device_layer> device_;
  batch_run batches_;
  std::optional<failure> lost_; ///< why the device computes no more
  engine_queue queue_{cuda_engine_queue_max};
  std::thread thread_; ///< last: it uses all of the above
};

} // namespace

result<std::unique_ptr<engine>> make_cuda_engine(std::unique_ptr<device_layer> device, const bert_shape& shape,
                                                 engine_info info) {
  WEFT_ASSERT(device != nullptr);
  const auto name = info.device;
  try {
    return std::unique_ptr<engine>(std::make_unique<cuda_engine>(std::move(device), shape, std::move(info)));
  } catch (const std::exception& thrown) {
    return failure{errc::engine_failed, name + ": " + thrown.what()};
  }
}

} // namespace weft::cuda
