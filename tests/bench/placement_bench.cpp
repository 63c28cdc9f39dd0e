// What it costs to find a key's owners. Usage: placement_bench. Prints a JSON line per number of nodes: nanoseconds of
// processor time per key for the first owner and for the first three, over members in three zones.
#include "runtime/routing/placement.hpp"

#include <cstdio>
#include <ctime>
#include <random>
#include <vector>

namespace {

double processor_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

weft::placement members(size_t count, std::mt19937_64& random) {
  std::vector<weft::placement_node> nodes;
  for (size_t i = 0; i < count; ++i)
    nodes.push_back({weft::node_id{random()}, static_cast<uint32_t>(100 + i % 5 * 50), std::string(1, "abc"[i % 3])});
  return weft::placement{std::move(nodes)};
}

/// Nanoseconds per key, over at least a fifth of a second.
double cost(const weft::placement& where, const std::vector<weft::cache_key>& keys, size_t count, uint64_t& sum) {
  const double start = processor_nanoseconds();
  double elapsed = 0;
  size_t done = 0;
  while ((elapsed = processor_nanoseconds() - start) < 2e8) {
    for (const auto& key : keys)
      sum += static_cast<uint64_t>(where.owners(key, count)[count - 1]);
    done += keys.size();
  }
  return elapsed / static_cast<double>(done);
}

} // namespace

int main() {
  std::mt19937_64 random(1);
  std::vector<weft::cache_key> keys(1'024);
  for (auto& key : keys)
    key = {random(), random()};
  uint64_t sum = 0;
  for (size_t nodes : {3u, 10u, 100u, 1'000u, 5'000u}) {
    const auto where = members(nodes, random);
    const double first = cost(where, keys, 1, sum);
    const double three = cost(where, keys, 3, sum);
    std::printf("{\"nodes\": %zu, \"first_owner_ns\": %.1f, \"three_owners_ns\": %.1f}\n", nodes, first, three);
  }
  return sum == 0; // keeps the compiler from leaving the work out
}
