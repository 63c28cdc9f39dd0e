#include "node/cpus.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

namespace weft {
namespace {

// cgroup v2: "max 100000" or "200000 100000" (quota and period, microseconds).
double quota_cpus() {
  std::ifstream file{"/sys/fs/cgroup/cpu.max"};
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0)
    return std::numeric_limits<double>::infinity();
  return std::strtod(quota.c_str(), nullptr) / period;
}

} // namespace

uint32_t usable_cpus() {
  const double cpus = std::max(1u, std::thread::hardware_concurrency()); // follows the affinity
  return static_cast<uint32_t>(std::max(1.0, std::ceil(std::min(cpus, quota_cpus()))));
}

} // namespace weft
