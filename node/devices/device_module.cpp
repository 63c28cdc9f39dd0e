#include "node/devices/device_module.hpp"

#include <dlfcn.h>
#include <system_error>
#include <utility>

namespace weft {
namespace {

constexpr auto module_name = "weft_cuda.so";
using outcome = found_devices::outcome;

bool can_be_loaded(const std::string& library) {
  void* handle = ::dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (handle == nullptr)
    return false;
  ::dlclose(handle);
  return true;
}

found_devices without(outcome what, std::string why, std::filesystem::path file = {}) {
  return {.what = what, .file = std::move(file), .why = std::move(why)};
}

std::filesystem::path find_module(const device_module_options& options) {
  for (const auto& folder : options.folders) {
    std::error_code ignored; // a folder that cannot be read has no module for us
    if (std::filesystem::exists(folder / module_name, ignored))
      return folder / module_name;
  }
  return {};
}

std::string names_of(const std::vector<std::filesystem::path>& folders) {
  std::string out;
  for (const auto& folder : folders)
    out += (out.empty() ? "" : " or ") + folder.string();
  return out;
}

found_devices load(const std::filesystem::path& file) {
  ::dlerror();
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = ::dlerror();
    return without(outcome::refused, "it cannot be loaded: " + std::string(reason ? reason : "no reason given"), file);
  }
  const auto entry = reinterpret_cast<engine_module_function>(::dlsym(library, engine_module_symbol));
  if (entry == nullptr)
    return without(outcome::refused, "it is no module of Weft: it has no " + std::string(engine_module_symbol), file);
  const auto* module = entry(engine_module_abi());
  if (module == nullptr)
    return without(outcome::refused, "it is of another build than this program: install both from one build", file);
  auto devices = module->devices();
  if (!devices)
    return without(outcome::refused, devices.error().message, file);
  if (devices->empty())
    return without(outcome::none, "no CUDA device that the module can use is on this machine", file);
  return {.what = outcome::found, .module = module, .devices = *std::move(devices), .file = file, .why = {}};
}

} // namespace

found_devices find_device_module(const device_module_options& options) {
  if (options.module == "off")
    return without(outcome::off, "devices.module is \"off\"");
  if (options.module != "auto")
    return load(options.module);
  if (!options.driver.empty() && !can_be_loaded(options.driver))
    return without(outcome::none, "no NVIDIA driver (" + options.driver + ") is on this machine");
  const auto file = find_module(options);
  if (file.empty())
    return without(outcome::none, std::string(module_name) + " is not in " + names_of(options.folders) +
                                      ": build it with a CUDA toolkit, or set devices.module");
  return load(file);
}

std::vector<std::filesystem::path> module_folders() {
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed)
    return {};
  const auto folder = program.parent_path();
  return {folder, folder.parent_path() / "lib" / "weft"};
}

} // namespace weft
