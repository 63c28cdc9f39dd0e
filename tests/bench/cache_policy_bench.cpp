// Hit ratios of every eviction policy on seeded traces, beside the optimum, and how large a cache has to be.
// Usage: cache_policy_bench [REQUESTS] [OBJECTS] [--json FILE]. Defaults: 10000000 requests for 1000000 objects; the
// project's figures are those of 20000000. Traces: tests/runtime/cache/traces.hpp says what each is. Runs on all
// processors, so the requests a second are those of several at once.
#include "tests/runtime/cache/traces.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace weft;
using namespace weft::test;

struct row {
  const char* trace = "";
  std::string policy;
  double size = 0; ///< percent of the objects' bytes
  std::function<replay_result()> run;
  replay_result result{};
  double seconds = 0;
};

class output {
public:
  std::FILE* json = nullptr;

  /// Fills in the results, on all processors, and prints them in the order given.
  void measure(std::vector<row>& rows) const {
    std::atomic<size_t> next{0};
    const auto work = [&] {
      for (size_t i = 0; (i = next++) < rows.size();) {
        const auto start = std::chrono::steady_clock::now();
        rows[i].result = rows[i].run();
        rows[i].seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i)
      threads.emplace_back(work);
    work();
    for (auto& thread : threads)
      thread.join();
    for (const auto& one : rows)
      print(one);
  }

  void print(const row& one) const {
    const double hits = 100 * one.result.hit_ratio(), cost = 100 * one.result.cost_ratio();
    const double per_second = static_cast<double>(one.result.requests) / one.seconds;
    std::printf("%-8s %-10s cache %5.1f %%  hits %6.2f %%  cost saved %6.2f %%  %5.2f M requests/s\n", one.trace,
                one.policy.c_str(), one.size, hits, cost, per_second / 1e6);
    std::fflush(stdout);
    if (json != nullptr)
      std::fprintf(json,
                   "{\"trace\":\"%s\",\"policy\":\"%s\",\"cache_percent\":%g,\"hit_percent\":%.2f,"
                   "\"cost_saved_percent\":%.2f,\"requests_per_second\":%.0f}\n",
                   one.trace, one.policy.c_str(), one.size, hits, cost, per_second);
  }
};

void compare(const output& out, const char* name, const trace& requests, uint64_t bytes, bool equal_sizes,
             const std::vector<double>& sizes) {
  std::vector<row> rows;
  for (double size : sizes) {
    const auto budget = static_cast<uint64_t>(static_cast<double>(bytes) * size / 100);
    for (auto policy : policy_kinds)
      rows.push_back(
          {.trace = name, .policy = std::string{to_string(policy)}, .size = size, .run = [&requests, policy, budget] {
             return replay(requests, policy, budget);
           }});
    if (equal_sizes)
      rows.push_back({.trace = name, .policy = "optimum", .size = size, .run = [&requests, budget] {
                        return replay_optimum(requests, budget);
                      }});
  }
  out.measure(rows);
}

/// Hit ratio over size once the cache is warm: the second half of the trace counts. Then the sizes that reach 70, 90
/// and 98 %, between the two nearest points in a straight line.
void curve(const output& out, const char* name, const trace& requests, uint64_t objects) {
  const std::vector<double> sizes{1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 100};
  std::vector<row> rows;
  for (double size : sizes) {
    const auto budget = static_cast<uint64_t>(static_cast<double>(objects) * size / 100);
    rows.push_back({.trace = name, .policy = "w-tinylfu", .size = size, .run = [&requests, budget] {
                      return replay(requests, policy_kind::tiny_lfu, budget, requests.size() / 2);
                    }});
  }
  out.measure(rows);
  std::vector<double> hits;
  for (const auto& one : rows)
    hits.push_back(100 * one.result.hit_ratio());
  for (double wanted : {70.0, 90.0, 98.0}) {
    std::optional<double> size;
    for (size_t i = 0; i < sizes.size() && !size; ++i)
      if (hits[i] >= wanted)
        size = i == 0 ? sizes[0]
                      : sizes[i - 1] + (sizes[i] - sizes[i - 1]) * (wanted - hits[i - 1]) / (hits[i] - hits[i - 1]);
    if (out.json)
      std::fprintf(out.json, "{\"curve\":\"%s\",\"hit_percent\":%g,\"cache_percent\":%s}\n", name, wanted,
                   size ? std::to_string(*size).c_str() : "null");
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
    if (std::strcmp(arguments[i], "--json") == 0 && i + 1 < count)
      out.json = std::fopen(arguments[++i], "w");
    else
      (numbers++ == 0 ? with.requests : with.objects) = std::strtoull(arguments[i], nullptr, 10);
  }
  if (with.requests == 0 || with.objects == 0) {
    std::fprintf(stderr, "usage: cache_policy_bench [REQUESTS] [OBJECTS] [--json FILE]\n");
    return 2;
  }
  {
    const auto requests = zipf_trace(with);
    compare(out, "zipf", requests, with.objects, true, {1, 10});
    auto half = with;
    half.requests /= 2; // sixteen sizes take their time
    curve(out, "curve", zipf_trace(half), with.objects);
  }
  compare(out, "scan", scan_trace(with), with.objects, true, {1, 10});
  compare(out, "drift", drift_trace(with), with.objects, true, {1, 10});
  with.requests /= 2;
  const auto sized = sized_trace(with);
  compare(out, "sized", sized, bytes_of_objects(sized), false, {1, 3, 10});
  const auto texts = text_trace(with);
  compare(out, "texts", texts, bytes_of_objects(texts), false, {1, 3, 10});
}
