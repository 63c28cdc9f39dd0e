#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/numeric_class.hpp"
#include "runtime/ports/engine.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace weft {

/// A device that a module found.
struct module_device {
  uint32_t index = 0;
  std::string name; ///< "NVIDIA H200"
  uint32_t compute_capability = 0;
  uint64_t memory_bytes = 0;
  std::string pci_bus_id; ///< "0000:1b:00.0": the same for whoever else looks at the machine's devices (NVML)
};

struct module_engine_options {
  std::filesystem::path model_directory; ///< model.safetensors and config.json
  uint32_t device = 0;                   ///< module_device::index
  numeric_class precision = numeric_class::fp16;
  uint32_t batch_tokens_max = 8'448; ///< tokens that go through the device together; fewer where memory is short
  uint64_t memory_bytes_max = 0;     ///< of the device, for this engine; 0: half of what is free
  std::filesystem::path plan_file;   ///< where measured matrix plans are kept; empty: measured at each start
};

/// What a shared library with engines offers (weft_cuda.so). Thread-safe; lives until the process ends: a library that
/// has made engines is never closed.
class engine_module {
public:
  virtual ~engine_module() = default;
  /// No driver and no device are an empty list, not a failure; a driver too old for the module is one.
  virtual result<std::vector<module_device>> devices() const = 0;
  /// Fails with errc::model_unusable (files), errc::engine_failed (device, or a class that it has not) or
  /// errc::overloaded (not enough memory for the smallest batch).
  virtual result<std::unique_ptr<engine>> make_engine(const module_engine_options& options) const = 0;
};

/// Rises with every change of this header or of what crosses it.
inline constexpr uint32_t engine_module_version = 4;

/// Types of C++ cross the boundary, so module and program must come from one build. This number differs where their
/// sizes or the compiler do; a module answers a number that is not its own with null.
constexpr uint64_t engine_module_abi() noexcept {
  uint64_t out = engine_module_version;
  for (const uint64_t part :
       {sizeof(engine_work), sizeof(engine_reply), sizeof(engine_info), sizeof(module_engine_options),
        sizeof(module_device), sizeof(failure), static_cast<size_t>(__GNUC__), static_cast<size_t>(errc::internal)})
    out = out * 1'000'003 + part;
  return out;
}

/// The one symbol of a module: `const engine_module* weft_engine_module(uint64_t abi)`. Null: another build.
using engine_module_function = const engine_module* (*)(uint64_t abi);
inline constexpr const char* engine_module_symbol = "weft_engine_module";

} // namespace weft
