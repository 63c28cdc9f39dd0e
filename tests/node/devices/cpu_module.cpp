#include "runtime/compute/cpu/cpu_engine.hpp"
#include "runtime/compute/cpu/cpu_precision.hpp"
#include "runtime/compute/model/bert_weights.hpp"
#include "runtime/ports/engine_module.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <utility>

// A module for tests of whole nodes: two devices that are CPU engines in fp32, whatever class they are asked for. A
// text of just so many tokens is what no device survives.
namespace weft::test {
namespace {

constexpr uint32_t tokens_deadly = 77;

class breakable_engine final : public engine {
public:
  breakable_engine(std::unique_ptr<engine> inner, const module_engine_options& options) : inner_(std::move(inner)) {
    info_ = inner_->info();
    info_.device = "cuda:" + std::to_string(options.device);
    info_.precision = options.precision;
  }

  const engine_info& info() const noexcept override { return info_; }

  void run(engine_work work, std::function<void(engine_reply)> done) override {
    const bool deadly = is_deadly(work);
    inner_->run(std::move(work), [deadly, lost = lost_, done = std::move(done)](engine_reply reply) {
      if (deadly)
        *lost = true;
      if (*lost)
        reply = {failure{errc::engine_failed, "an illegal memory access was encountered"}, {}, true};
      done(std::move(reply));
    });
  }

private:
  static bool is_deadly(const engine_work& work) {
    const auto* batch = std::get_if<embed_batch>(&work);
    for (size_t i = 1; batch != nullptr && i < batch->offsets.size(); ++i)
      if (batch->offsets[i] - batch->offsets[i - 1] == tokens_deadly)
        return true;
    return false;
  }

  std::unique_ptr<engine> inner_;
  engine_info info_;
  std::shared_ptr<std::atomic<bool>> lost_ = std::make_shared<std::atomic<bool>>(false);
};

class cpu_module final : public engine_module {
public:
  result<std::vector<module_device>> devices() const override {
    std::vector<module_device> out;
    for (uint32_t index = 0; index < 2; ++index)
      out.push_back({.index = index,
                     .name = "CPU in disguise",
                     .compute_capability = 90,
                     .memory_bytes = 1 << 30,
                     .pci_bus_id = "0000:0" + std::to_string(index) + ":00.0"});
    return out;
  }

  result<std::unique_ptr<engine>> make_engine(const module_engine_options& options) const override {
    auto weights = load_bert_weights(options.model_directory);
    if (!weights)
      return weights.error();
    const auto encoders = make_encoder_factory(numeric_class::fp32, *weights);
    auto made = make_cpu_engine(*encoders, (*weights)->shape, {.index = options.device});
    if (!made)
      return made;
    return std::unique_ptr<engine>{std::make_unique<breakable_engine>(*std::move(made), options)};
  }
};

} // namespace
} // namespace weft::test

extern "C" __attribute__((visibility("default"))) const weft::engine_module* weft_engine_module(uint64_t abi) {
  static const weft::test::cpu_module module;
  return abi == weft::engine_module_abi() ? &module : nullptr;
}
