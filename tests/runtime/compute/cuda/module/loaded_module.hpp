#pragma once

#include "runtime/ports/engine_module.hpp"

#include <dlfcn.h>
#include <stdexcept>
#include <string>

namespace weft {

/// What weft_cuda.so of this build answers for `abi`. Loaded once; throws where it cannot be loaded.
inline const engine_module* load_cuda_module(uint64_t abi) {
  static void* const library = ::dlopen(WEFT_CUDA_MODULE_FILE, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    throw std::runtime_error(std::string("cannot load the module: ") + ::dlerror());
  const auto entry = reinterpret_cast<engine_module_function>(::dlsym(library, engine_module_symbol));
  if (!entry)
    throw std::runtime_error("the module has no " + std::string(engine_module_symbol));
  return entry(abi);
}

} // namespace weft
