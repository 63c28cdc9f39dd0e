// How busy the devices of a node are while clients keep it loaded with real texts: what NVML tells the node, and the
// node its metrics page. Client and node share the machine.
//
//   node_busy_bench --weftd FILE --texts FILE… [--seconds S] [--warm-up S] [--calls N] [--texts-per-call N]
//                   [--connections N] [--set KEY=VALUE]… [--quick] [--json FILE]
//
// Where the node has no device, and where nobody tells how busy it is, every figure is listed as not run, with the
// reason; the status is 0 unless something failed. FILE has the figures as gpu_bench writes them. The model is
// all-MiniLM-L6-v2 (WEFT_MODEL_DIR).
#include "node/nvml/device_watch.hpp"
#include "tests/bench/busy_load.hpp"
#include "tests/bench/gpu_figures.hpp"
#include "tests/bench/slices.hpp"
#include "tests/support/model_directory.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <sstream>
#include <thread>

namespace {

using namespace weft;
using namespace weft::bench;
using clock_type = std::chrono::steady_clock;
using real_seconds = std::chrono::duration<double>;

constexpr double busy_min = 0.85;
/// A call that a lost device failed may be answered before the node's page tells of the loss.
constexpr auto loss_told_within = std::chrono::seconds{20};
constexpr const char* names[] = {"device busy under load through the node",
                                 "device busy under load, 10th percentile",
                                 "tokens computed through the node",
                                 "engine busy, by the node's clock",
                                 "device memory under load",
                                 "device temperature under load"};

struct options {
  node_programs programs;
  std::vector<std::string> texts;
  std::vector<std::string> settings;
  double seconds = 60;
  double warm_up = 20; ///< engines measure plans and make graphs for sizes of batches that are new to them
  double look_every = real_seconds(device_watch_options{}.period).count(); ///< the node itself looks no oftener
  busy_load_options load;
  std::string json_file;
};

using by_device = std::map<std::string, double>;

/// All series of a metric that have a device.
by_device values_of(const std::string& page, const std::string& metric) {
  by_device out;
  std::istringstream in(page);
  for (std::string line; std::getline(in, line);) {
    const std::string label = "device=\"";
    const auto begin = line.find(label);
    if (!line.starts_with(metric + '{') || begin == std::string::npos)
      continue;
    const auto device = line.substr(begin + label.size(), line.find('"', begin + label.size()) - begin - label.size());
    out[device] += std::strtod(line.c_str() + line.rfind('}') + 1, nullptr);
  }
  return out;
}

/// Why the node says that it has no device.
std::string why_no_device(const std::string& log) {
  std::istringstream in(log);
  for (std::string text; std::getline(in, text);) {
    const auto line = nlohmann::json::parse(text, nullptr, false);
    if (line.is_object() && line.value("component", "") == "devices" && line.contains("reason"))
      return "the node has no device: " + line["reason"].get<std::string>();
  }
  return "the node has no device";
}

/// What the metrics page said, again and again.
struct looks {
  std::map<std::string, std::vector<double>> busy; ///< of each device
  by_device memory, temperature;                   ///< the most
  double seconds = 0;
  by_device tokens, items, engine_seconds; ///< what came to it in this time
};

void keep_largest(by_device& all, const by_device& now) {
  for (const auto& [device, value] : now)
    all[device] = std::max(all[device], value);
}

by_device growth(const by_device& after, const by_device& before) {
  by_device out;
  for (const auto& [device, value] : after)
    out[device] = value - (before.contains(device) ? before.at(device) : 0);
  return out;
}

looks look_at(const node_process& node, const options& wanted) {
  looks out;
  const auto before = node.metrics();
  const auto began = clock_type::now();
  std::string page;
  do {
    std::this_thread::sleep_for(real_seconds(std::min(wanted.look_every, wanted.seconds)));
    page = node.metrics();
    for (const auto& [device, value] : values_of(page, "weft_device_utilization_ratio"))
      out.busy[device].push_back(value);
    keep_largest(out.memory, values_of(page, "weft_device_memory_used_bytes"));
    keep_largest(out.temperature, values_of(page, "weft_device_temperature_celsius"));
    out.seconds = real_seconds(clock_type::now() - began).count();
  } while (out.seconds < wanted.seconds);
  for (const auto& [metric, to] : {std::pair{"weft_engine_tokens_total", &out.tokens},
                                   {"weft_engine_items_total", &out.items},
                                   {"weft_engine_busy_seconds_total", &out.engine_seconds}})
    *to = growth(values_of(page, metric), values_of(before, metric));
  return out;
}

double sum_over(const by_device& devices, const by_device& values) {
  double sum = 0;
  for (const auto& [device, ignored] : devices)
    sum += values.contains(device) ? values.at(device) : 0;
  return sum;
}

std::string number(double value, const char* form) {
  char text[64];
  std::snprintf(text, sizeof text, form, value);
  return text;
}

/// Of several devices the figure is that of the least busy one.
std::vector<gpu_figure> figures_of(const looks& seen, const by_device& devices) {
  std::vector<double> medians, lows;
  std::string each;
  for (const auto& [device, busy] : seen.busy) {
    medians.push_back(quantile_of(busy, 0.5));
    lows.push_back(quantile_of(busy, 0.1));
    each += (each.empty() ? "" : ", ") + device + number(medians.back(), " %.2f");
  }
  const double tokens = sum_over(devices, seen.tokens), items = sum_over(devices, seen.items);
  std::vector<double> engines;
  for (const auto& [device, ignored] : devices)
    engines.push_back(seen.engine_seconds.contains(device) ? seen.engine_seconds.at(device) / seen.seconds : 0);
  const auto most = [](const by_device& values, double unit) {
    std::optional<double> out;
    for (const auto& [device, value] : values)
      out = std::max(out.value_or(0), value / unit);
    return out;
  };
  return {
      {.name = names[0],
       .value = *std::ranges::min_element(medians),
       .unit = "of time",
       .kind = gpu_figure::bound::at_least,
       .target = busy_min,
       .note = "median of " + std::to_string(seen.busy.begin()->second.size()) + " looks: " + each},
      {.name = names[1], .value = *std::ranges::min_element(lows), .unit = "of time", .note = {}},
      {.name = names[2],
       .value = tokens / seen.seconds,
       .unit = "tokens/s",
       .note = number(items / seen.seconds, "%.0f texts/s of ") + number(tokens / items, "%.0f tokens, on ") +
               std::to_string(devices.size()) + " device(s)"},
      {.name = names[3],
       .value = *std::ranges::min_element(engines),
       .unit = "of time",
       .note = "of batches that ended in this time"},
      {.name = names[4], .value = most(seen.memory, 1 << 20), .unit = "MiB", .note = "of all processes, as NVML says"},
      {.name = names[5], .value = most(seen.temperature, 1), .unit = "deg C", .note = "as NVML says"}};
}

std::vector<gpu_figure> not_run(const std::string& why) {
  std::vector<gpu_figure> out;
  for (const char* name : names)
    out.push_back({.name = name, .note = why});
  return out;
}

/// What went wrong with calls and devices; "" where nothing did.
std::string problem_of(const std::map<grpc::StatusCode, uint64_t>& codes, const by_device& usable, const looks& seen) {
  for (const auto& [device, value] : usable)
    if (value != 1)
      return device + " was lost under the load";
  for (const auto& [code, calls] : codes)
    if (code != grpc::StatusCode::OK && code != grpc::StatusCode::RESOURCE_EXHAUSTED)
      return std::to_string(calls) + " calls ended with status " + std::to_string(code);
  if (sum_over(usable, seen.tokens) == 0)
    return "the devices computed nothing";
  return "";
}

bool is_one_lost(const by_device& usable) {
  return std::ranges::any_of(usable, [](const auto& each) { return each.second != 1; });
}

/// problem_of() calls that have ended. Where something went wrong, waits a little for the device whose loss it was.
std::string problem_after(const node_process& node, const std::map<grpc::StatusCode, uint64_t>& codes,
                          const looks& seen, double look_every) {
  for (const auto end = clock_type::now() + loss_told_within;;) {
    const auto usable = values_of(node.metrics(), "weft_device_usable");
    auto problem = problem_of(codes, usable, seen);
    if (problem.empty() || is_one_lost(usable) || clock_type::now() >= end)
      return problem;
    std::this_thread::sleep_for(real_seconds(std::min(look_every, 1.0)));
  }
}

/// Whether all went well. devices: of the node, at least one.
bool measure(const node_process& node, const by_device& devices, const options& wanted,
             const std::vector<std::string>& texts, figure_list& figures) {
  const auto add = [&](std::vector<gpu_figure> all) {
    for (auto& figure : all)
      figures.add(std::move(figure));
  };
  auto load = wanted.load;
  load.time = std::chrono::duration_cast<std::chrono::nanoseconds>(real_seconds(wanted.warm_up + wanted.seconds));
  busy_load clients(node, texts, load);
  looks seen;
  std::string problem;
  try {
    std::this_thread::sleep_for(real_seconds(wanted.warm_up));
    seen = look_at(node, wanted);
    problem = problem_after(node, clients.wait(), seen, wanted.look_every);
  } catch (const std::runtime_error& gone) {
    add(not_run(std::string("the node is gone: ") + gone.what()));
    give_up("the node is gone"); // at once: the clients would go on without it
  }
  if (!problem.empty()) {
    add(not_run(problem));
    return false;
  }
  for (const auto& [device, ignored] : devices)
    if (!seen.busy.contains(device)) {
      add(not_run("nobody tells how busy " + device + " is: no NVML, or one that does not know it"));
      return true;
    }
  add(figures_of(seen, devices));
  return true;
}

std::string ids_of(const by_device& devices) {
  std::string out;
  for (const auto& [device, ignored] : devices)
    out += (out.empty() ? "" : ", ") + device;
  return out.empty() ? "none" : out;
}

void add_options(CLI::App& app, options& to) {
  app.add_option("--weftd", to.programs.weftd, "the program")->required();
  app.add_option("--texts", to.texts, "files of text: each paragraph is a text")->required();
  app.add_option("--seconds", to.seconds, "how long is looked")->capture_default_str();
  app.add_option("--warm-up", to.warm_up, "how long the load runs before")->capture_default_str();
  app.add_option("--look-every", to.look_every, "seconds; the node asks NVML no oftener than by default")
      ->capture_default_str();
  app.add_option("--calls", to.load.calls, "calls in flight")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--texts-per-call", to.load.texts_per_call, "texts in one call")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--connections", to.load.connections, "of the client")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--set", to.settings, "KEY=VALUE of the node's configuration");
  app.add_option("--json", to.json_file, "the same figures, as JSON");
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"How busy the devices of a node are under load"};
  options wanted;
  bool quick = false;
  add_options(app, wanted);
  app.add_flag("--quick", quick, "shorter: for a look, not for a figure");
  CLI11_PARSE(app, argc, argv);
  if (quick) {
    wanted.seconds = std::min(wanted.seconds, 15.0);
    wanted.warm_up = std::min(wanted.warm_up, 10.0);
  }
  wanted.programs.model_directory = model_directory().string();
  wanted.settings.push_back("cluster.single_node=true");
  const auto texts = paragraphs_of(wanted.texts);
  const node_process node(wanted.programs, "n1", "", wanted.settings);
  const auto devices = values_of(node.metrics(), "weft_device_usable");
  figure_list figures(ids_of(devices), wanted.json_file);
  bool well = true;
  if (devices.empty())
    for (auto& figure : not_run(why_no_device(node.first_lines())))
      figures.add(std::move(figure));
  else
    well = measure(node, devices, wanted, texts, figures);
  if (!figures.written())
    give_up("cannot write " + wanted.json_file);
  return well ? 0 : 1;
}
