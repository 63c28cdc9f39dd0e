// Hit ratios of every eviction policy on seeded traces, beside the optimum, and how large a cache has to be.
// Usage: cache_policy_bench [REQUESTS] [OBJECTS] [--json]. Defaults: 10000000 requests for 1000000 objects, as the
// figures that the README names were taken. Traces: tests/runtime/cache/traces.hpp says what each is.
#include "tests/runtime/cache/traces.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace weft;
using namespace weft::test;

struct output {
  bool json = false;
  std::string lines;

  void row(const char* trace, const char* policy, double size, double hits, double cost, double per_second) const {
    if (json)
      std::printf("{\"trace\":\"%s\",\"policy\":\"%s\",\"cache_percent\":%g,\"hit_percent\":%.2f,"
                  "\"cost_saved_percent\":%.2f,\"requests_per_second\":%.0f}\n",
                  trace, policy, size, hits, cost, per_second);
    else
      std::printf("%-8s %-10s cache %5.1f %%  hits %6.2f %%  cost saved %6.2f %%  %5.2f M requests/s\n", trace, policy,
                  size, hits, cost, per_second / 1e6);
    std::fflush(stdout);
  }
};

template <class Run> void measure(const output& out, const char* trace, const char* policy, double size, Run run) {
  const auto start = std::chrono::steady_clock::now();
  const replay_result r = run();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  out.row(trace, policy, size, 100 * r.hit_ratio(), 100 * r.cost_ratio(), static_cast<double>(r.requests) / seconds);
}

void compare(const output& out, const char* name, const trace& requests, uint64_t bytes, bool equal_sizes,
             const std::vector<double>& sizes) {
  for (double size : sizes) {
    const auto budget = static_cast<uint64_t>(static_cast<double>(bytes) * size / 100);
    for (auto policy : policy_kinds)
      measure(out, name, std::string{to_string(policy)}.c_str(), size,
              [&] { return replay(requests, policy, budget); });
    if (equal_sizes)
      measure(out, name, "optimum", size, [&] { return replay_optimum(requests, budget); });
  }
}

/// Hit ratio over size once the cache is warm: the second half of the trace counts. Then the sizes that reach 70, 90
/// and 98 %, between the two nearest points in a straight line.
void curve(const output& out, const char* name, const trace& requests, uint64_t objects) {
  const std::vector<double> sizes{1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 100};
  std::vector<double> hits;
  for (double size : sizes) {
    const auto budget = static_cast<uint64_t>(static_cast<double>(objects) * size / 100);
    measure(out, name, "w-tinylfu", size, [&] {
      const auto r = replay(requests, policy_kind::tiny_lfu, budget, requests.size() / 2);
      hits.push_back(100 * r.hit_ratio());
      return r;
    });
  }
  for (double wanted : {70.0, 90.0, 98.0}) {
    std::optional<double> size;
    for (size_t i = 0; i < sizes.size() && !size; ++i)
      if (hits[i] >= wanted)
        size = i == 0 ? sizes[0]
                      : sizes[i - 1] + (sizes[i] - sizes[i - 1]) * (wanted - hits[i - 1]) / (hits[i] - hits[i - 1]);
    if (out.json)
      std::printf("{\"curve\":\"%s\",\"hit_percent\":%g,\"cache_percent\":%s}\n", name, wanted,
                  size ? std::to_string(*size).c_str() : "null");
    else
      std::printf("%-8s %.0f %% of hits %s\n", name, wanted,
                  size ? ("at a cache of " + std::to_string(*size) + " % of the objects").c_str()
                       : "are not reached: too many first requests");
  }
}

} // namespace

int main(int count, char** arguments) {
  trace_options with{.requests = 10'000'000};
  output out;
  int numbers = 0;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "--json") == 0)
      out.json = true;
    else
      (numbers++ == 0 ? with.requests : with.objects) = std::strtoull(arguments[i], nullptr, 10);
  }
  if (with.requests == 0 || with.objects == 0) {
    std::fprintf(stderr, "usage: cache_policy_bench [REQUESTS] [OBJECTS] [--json]\n");
    return 2;
  }
  {
    const auto requests = zipf_trace(with);
    compare(out, "zipf", requests, with.objects, true, {1, 10});
    curve(out, "curve", requests, with.objects);
  }
  compare(out, "scan", scan_trace(with), with.objects, true, {1, 10});
  compare(out, "drift", drift_trace(with), with.objects, true, {1, 10});
  with.requests /= 2;
  const auto sized = sized_trace(with);
  compare(out, "sized", sized, bytes_of_objects(sized), false, {1, 3, 10});
  const auto texts = text_trace(with);
  compare(out, "texts", texts, bytes_of_objects(texts), false, {1, 3, 10});
}
