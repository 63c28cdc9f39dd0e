#include "node/device_side.hpp"

#include "node/devices/device_module.hpp"
#include "node/devices/device_rank_carrier.hpp"

#include <string>
#include <utility>

namespace weft {
namespace {

constexpr uint64_t mebibyte = 1'048'576;

std::string id_of(const module_device& device) {
  return "cuda:" + std::to_string(device.index); // as engines call it
}

std::string describe(const std::vector<module_device>& devices) {
  std::string out;
  for (const auto& it : devices)
    out += (out.empty() ? "" : ", ") + id_of(it) + ' ' + it.name + ' ' + std::to_string(it.memory_bytes / mebibyte) +
           " MiB";
  return out;
}

void report_none(const found_devices& found, node_log& log) {
  if (found.what == found_devices::outcome::refused)
    log.write(log_level::warn, "devices", "the module for devices cannot be used, the CPU serves",
              {{"module", found.file.string()}, {"reason", found.why}});
  else
    log.write(log_level::info, "devices", "no CUDA device, the CPU serves", {{"reason", found.why}});
}

std::shared_ptr<device_board> make_board(const found_devices& found, const std::shared_ptr<node_log>& log,
                                         const std::shared_ptr<node_meter>& meter) {
  for (const auto& device : found.devices)
    meter->show_device(id_of(device), true);
  return std::make_shared<device_board>(found.devices, [log, meter](const device_status& lost) {
    meter->show_device(id_of(lost.device), false);
    // The id is in the text: of equal lines the log leaves some out.
    log->write(log_level::error, "devices",
               id_of(lost.device) + " is lost, and not used again before this node is started anew",
               {{"name", lost.device.name}, {"reason", lost.problem}});
  });
}

// A node has one rank of a corpus, so one device: the first.
std::shared_ptr<device_ranks> open_ranks(const found_devices& found, node_log& log) {
  auto ranks = load_device_ranks(found.file.parent_path(), found.devices.front().index);
  if (ranks)
    return *std::move(ranks);
  log.write(log_level::info, "devices", ranks.error().message);
  return nullptr;
}

} // namespace

device_use open_devices(const node_config& config, const std::filesystem::path& data,
                        const std::shared_ptr<node_log>& log, const std::shared_ptr<node_meter>& meter) {
  const auto precision = class_on_devices(config.model.precision);
  const auto found =
      precision ? find_device_module({.module = config.devices.module, .folders = module_folders()})
                : found_devices{.what = found_devices::outcome::off, .why = "model.precision is a class of CPUs alone"};
  if (found.module == nullptr) {
    report_none(found, *log);
    return {};
  }
  log->write(log_level::info, "devices", "devices serve",
             {{"devices", describe(found.devices)},
              {"precision", std::string{to_string(*precision)}},
              {"module", found.file.string()}});
  return {.module = found.module,
          .board = make_board(found, log, meter),
          .memory_bytes_max = config.devices.memory_bytes_max,
          .plan_file = data / "cuda_plans.txt",
          .ranks = open_ranks(found, *log)};
}

} // namespace weft
