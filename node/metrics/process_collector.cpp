#include "node/metrics/process_collector.hpp"

#include "node/metrics/families.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace weft {
namespace {

struct process_stat {
  double cpu_seconds = 0;
  double threads = 0;
  double start_seconds = 0; ///< since boot
  double virtual_bytes = 0;
  double resident_bytes = 0;
};

// Fields as in proc(5); the second is the program's name in parentheses and may have spaces, so count from behind it.
std::optional<process_stat> read_stat() {
  std::ifstream file{"/proc/self/stat"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos)
    return std::nullopt;
  std::istringstream rest{text.substr(name_end + 1)};
  std::vector<std::string> fields{"pid", "comm"};
  for (std::string field; rest >> field;)
    fields.push_back(field);
  if (fields.size() < 24)
    return std::nullopt;
  const auto number = [&](size_t field) { return std::stod(fields[field - 1]); }; // proc(5) counts from 1
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  return process_stat{.cpu_seconds = (number(14) + number(15)) / ticks,
                      .threads = number(20),
                      .start_seconds = number(22) / ticks,
                      .virtual_bytes = number(23),
                      .resident_bytes = number(24) * static_cast<double>(sysconf(_SC_PAGESIZE))};
}

std::optional<double> boot_time_seconds() {
  std::ifstream file{"/proc/stat"};
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("btime "))
      return std::stod(line.substr(6));
  return std::nullopt;
}

std::optional<double> open_files() {
  std::error_code error;
  std::filesystem::directory_iterator entries{"/proc/self/fd", error};
  if (error)
    return std::nullopt;
  double count = 0;
  for (; entries != std::filesystem::directory_iterator{}; entries.increment(error))
    ++count;
  return count - 1; // without the one that lists them
}

} // namespace

std::vector<prometheus::MetricFamily> process_collector::Collect() const {
  std::vector<prometheus::MetricFamily> out;
  const auto add = [&](prometheus::MetricFamily family, double value) {
    add_series(family, value);
    out.push_back(std::move(family));
  };
  if (const auto stat = read_stat()) {
    add(counter_family("process_cpu_seconds_total", "User and system CPU time of the process."), stat->cpu_seconds);
    add(gauge_family("process_resident_memory_bytes", "Memory that the process has in RAM."), stat->resident_bytes);
    add(gauge_family("process_virtual_memory_bytes", "Address space of the process."), stat->virtual_bytes);
    add(gauge_family("process_threads", "Threads of the process."), stat->threads);
    if (const auto boot = boot_time_seconds())
      add(gauge_family("process_start_time_seconds", "When the process started, since the epoch."),
          *boot + stat->start_seconds);
  }
  if (const auto files = open_files())
    add(gauge_family("process_open_fds", "Open file descriptors."), *files);
  if (rlimit limit{}; getrlimit(RLIMIT_NOFILE, &limit) == 0)
    add(gauge_family("process_max_fds", "File descriptors that may be open at most."),
        static_cast<double>(limit.rlim_cur));
  return out;
}

} // namespace weft
