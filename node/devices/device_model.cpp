#include "node/devices/device_model.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/cpu/cpu_precision.hpp"

#include <functional>
#include <string>
#include <utility>

namespace weft {
namespace {

/// An engine of the module. Fences its device when that is lost, before whoever waits for the answer hears of it.
class guarded_engine final : public engine {
public:
  guarded_engine(std::unique_ptr<engine> inner, std::shared_ptr<device_board> board, uint32_t device)
      : inner_(std::move(inner)), board_(std::move(board)), device_(device) {}
  ~guarded_engine() override {
    inner_.reset();
    board_->release(device_);
  }

  const engine_info& info() const noexcept override { return inner_->info(); }

  void run(engine_work work, std::function<void(engine_reply)> done) override {
    inner_->run(std::move(work), [board = board_, device = device_, done = std::move(done)](engine_reply reply) {
      if (reply.device_lost)
        board->fence(device, reply.output ? "lost" : reply.output.error().message);
      done(std::move(reply));
    });
  }

private:
  std::unique_ptr<engine> inner_;
  const std::shared_ptr<device_board> board_;
  const uint32_t device_;
};

class device_model final : public model {
public:
  device_model(device_model_parts parts, device_use use)
      : parts_(std::move(parts)), use_(std::move(use)), info_(parts_.on_cpu->info()) {
    info_.precision = parts_.precision;
  }

  const model_info& info() const noexcept override { return info_; }

  result<token_sequence> tokenize(std::string_view text, const embed_options& options) const override {
    return parts_.on_cpu->tokenize(text, options);
  }

  uint64_t count_tokens(std::string_view text) const override { return parts_.on_cpu->count_tokens(text); }

  /// Tries one device. Where that fails it is fenced, and the pool has one worker less to wish for.
  result<std::unique_ptr<engine>> make_engine(const engine_options& options) const override {
    const auto device = use_.board->take();
    if (device)
      return make_on(*device);
    if (parts_.cpu_serves)
      return parts_.on_cpu->make_engine(options);
    return failure{errc::engine_failed, "no device is left for '" + info_.name + "', and no CPU computes in " +
                                            std::string(to_string(info_.precision))};
  }

  std::optional<uint32_t> devices() const noexcept override {
    const auto usable = use_.board->usable();
    return usable == 0 && parts_.cpu_serves ? std::nullopt : std::optional{usable};
  }

private:
  result<std::unique_ptr<engine>> make_on(const module_device& device) const {
    auto made = use_.module->make_engine({.model_directory = parts_.directory,
                                          .device = device.index,
                                          .precision = parts_.precision,
                                          .memory_bytes_max = use_.memory_bytes_max,
                                          .plan_file = use_.plan_file});
    if (made)
      return std::unique_ptr<engine>{std::make_unique<guarded_engine>(*std::move(made), use_.board, device.index)};
    use_.board->release(device.index);
    if (made.error().code != errc::model_unusable) // that is the files' fault, no device's
      use_.board->fence(device.index, made.error().message);
    return made;
  }

  const device_model_parts parts_;
  const device_use use_;
  model_info info_;
};

} // namespace

std::optional<numeric_class> class_on_devices(precision wanted) noexcept {
  switch (wanted) {
  case precision::automatic:
  case precision::fp16:
    return numeric_class::fp16;
  case precision::bf16:
    return numeric_class::bf16;
  case precision::fp32:
    return numeric_class::fp32;
  case precision::int16:
    break;
  }
  return std::nullopt;
}

result<model_ptr> open_device_model(const bert_model_options& options, const device_use& use) {
  const auto on_devices = class_on_devices(options.precision);
  if (use.module == nullptr || !on_devices || use.board->usable() == 0)
    return open_bert_model(options);
  auto with_words = options;
  with_words.engines = cpu_supports(*on_devices);
  auto opened = open_bert_model(with_words);
  if (!opened)
    return opened;
  return make_device_model({.on_cpu = *std::move(opened),
                            .cpu_serves = with_words.engines,
                            .precision = *on_devices,
                            .directory = options.directory},
                           use);
}

model_ptr make_device_model(device_model_parts parts, const device_use& use) {
  WEFT_ASSERT(use.module != nullptr);
  WEFT_ASSERT(use.board != nullptr);
  return std::make_shared<const device_model>(std::move(parts), use);
}

} // namespace weft
