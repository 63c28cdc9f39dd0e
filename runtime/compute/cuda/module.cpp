#include "runtime/compute/cuda/base/cuda_error.hpp"
#include "runtime/compute/cuda/base/device_info.hpp"
#include "runtime/compute/cuda/encoder/device_encoder.hpp"
#include "runtime/compute/cuda/engine/cuda_engine.hpp"
#include "runtime/compute/cuda/points/points_desk.hpp"
#include "runtime/ports/engine_module.hpp"

#include <exception>
#include <string>
#include <utility>

namespace weft::cuda {

namespace {

/// The real device of an engine: its encoder, and its way to work on points.
class cuda_device final : public device_layer {
public:
  cuda_device(device_info device, std::shared_ptr<device_pool> pool, std::unique_ptr<device_encoder> encoder)
      : device_(std::move(device)), pool_(std::move(pool)), encoder_(std::move(encoder)),
        points_(std::make_unique<points_desk>(device_place{pool_, &encoder_->compute_stream()})) {}
  ~cuda_device() override {
    cudaSetDevice(device_.index); // what goes now is freed there
    if (!lost_)
      return;
    static_cast<void>(points_.release()); // freeing would fail, or wait for a device that never answers
    static_cast<void>(encoder_.release());
  }

  status attach() override { return checked(cudaSetDevice(device_.index), "cudaSetDevice"); }
  uint32_t tokens_max() const noexcept override { return encoder_->tokens_max(); }
  uint32_t slots() const noexcept override { return device_encoder::slots; }
  status submit(uint32_t slot, const part_view& part) override { return watched(encoder_->submit(slot, part)); }
  bool finished(uint32_t slot) noexcept override { return encoder_->finished(slot); }
  status collect(uint32_t slot, std::span<float> out) override { return watched(encoder_->collect(slot, out)); }
  result<engine_output> compute(const engine_work& work) override { return watched(points_->compute(work)); }
  bool is_lost(const failure& reason) const noexcept override { return device_lost(reason); }

private:
  template <class T> result<T> watched(result<T> outcome) {
    lost_ = lost_ || (!outcome && device_lost(outcome.error()));
    return outcome;
  }

  const device_info device_;
  const std::shared_ptr<device_pool> pool_;
  std::unique_ptr<device_encoder> encoder_;
  std::unique_ptr<points_desk> points_; ///< frees on the encoder's stream
  bool lost_ = false;
};

class cuda_module final : public engine_module {
public:
  result<std::vector<module_device>> devices() const override {
    auto found = find_devices();
    if (!found)
      return std::move(found.error());
    std::vector<module_device> out;
    for (const auto& device : *found)
      out.push_back({static_cast<uint32_t>(device.index), device.name, device.compute_capability, device.memory_bytes,
                     device.pci_bus_id});
    return out;
  }

  result<std::unique_ptr<engine>> make_engine(const module_engine_options& options) const override {
    try {
      return make(options);
    } catch (const std::exception& thrown) {
      return failure{errc::engine_failed, "cuda:" + std::to_string(options.device) + ": " + thrown.what()};
    }
  }

private:
  static result<std::unique_ptr<engine>> make(const module_engine_options& options) {
    const auto weights = load_bert_weights(options.model_directory);
    if (!weights)
      return weights.error();
    auto device = open_device(static_cast<int>(options.device));
    if (!device)
      return std::move(device.error());
    const uint64_t budget = options.memory_bytes_max ? options.memory_bytes_max : device->memory_bytes_free / 2;
    auto memory = make_device_memory(device->index, budget);
    if (!memory)
      return std::move(memory.error());
    auto pool = device_pool::make(*std::move(memory), budget);
    auto encoder = device_encoder::make(
        **weights, *device, pool,
        {.precision = options.precision, .tokens_max = options.batch_tokens_max, .plan_file = options.plan_file});
    if (!encoder)
      return std::move(encoder.error());
    engine_info info{.device = "cuda:" + std::to_string(options.device),
                     .precision = options.precision,
                     .dimensions = (*weights)->shape.hidden,
                     .batch_tokens_best = (*encoder)->tokens_max(),
                     .kind = device_kind::gpu,
                     .name = device->name,
                     .memory_bytes = device->memory_bytes};
    return make_cuda_engine(std::make_unique<cuda_device>(*std::move(device), std::move(pool), *std::move(encoder)),
                            (*weights)->shape, std::move(info));
  }
};

} // namespace

} // namespace weft::cuda

extern "C" __attribute__((visibility("default"))) const weft::engine_module* weft_engine_module(uint64_t abi) {
  static const weft::cuda::cuda_module module;
  return abi == weft::engine_module_abi() ? &module : nullptr;
}
