#pragma once

#include "node/devices/device_board.hpp"
#include "runtime/base/result.hpp"
#include "runtime/compute/model/bert_model.hpp"
#include "runtime/ports/device_ranks.hpp"
#include "runtime/ports/engine_module.hpp"
#include "runtime/ports/model.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

namespace weft {

/// How models use devices.
struct device_use {
  const engine_module* module = nullptr; ///< null: they do not
  std::shared_ptr<device_board> board;   ///< with a module never null
  uint64_t memory_bytes_max = 0;         ///< of each device, for one engine; 0: half of what is free
  std::filesystem::path plan_file;       ///< as in module_engine_options
  std::shared_ptr<device_ranks> ranks{}; ///< how this node's rank goes over a device; null: it does not
};

/// The class in which devices compute where this one is wished for; "auto" is fp16. Empty: a class of CPUs alone.
std::optional<numeric_class> class_on_devices(precision wanted) noexcept;

/// Opens a model whose engines run on devices, where its class is one of theirs and a device can be used; else as
/// open_bert_model() does. When the last device is lost its engines run on CPUs if these compute in its class; if not
/// (fp16), it has nothing to run on (model::devices() is 0) and is to be opened anew: "auto" is a class of the CPU
/// then. Fails as open_bert_model() does.
result<model_ptr> open_device_model(const bert_model_options& options, const device_use& use);

/// What a model on devices is made of.
struct device_model_parts {
  model_ptr on_cpu;                              ///< its tokenizer, and its engines where `cpu_serves`
  bool cpu_serves = false;                       ///< those compute in this class, too
  numeric_class precision = numeric_class::fp16; ///< of the devices
  std::filesystem::path directory;               ///< that the module reads the weights from
};
model_ptr make_device_model(device_model_parts parts, const device_use& use);

} // namespace weft
