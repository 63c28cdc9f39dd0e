#include "tests/bench/slices.hpp"

#include "runtime/compute/cpu/engine_thread.hpp"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace weft::bench {

slice_rates run_slices(const std::vector<contestant>& contestants, const slice_options& options) {
  slice_rates rates(contestants.size());
  std::vector<double> round(contestants.size());
  std::mutex mutex;
  std::atomic<bool> more{true};
  const auto start = std::chrono::steady_clock::now();
  std::barrier together(static_cast<std::ptrdiff_t>(options.threads));

  const auto work = [&](unsigned thread) {
    prepare_engine_thread("bench-" + std::to_string(thread), thread);
    std::vector<slice_runner> runners;
    for (const auto& c : contestants)
      runners.push_back(c.make());
    for (size_t n = 0; more; ++n) {
      for (size_t i = 0; i < runners.size(); ++i) {
        together.arrive_and_wait();
        const double rate = runners[i](options.slice);
        const std::lock_guard lock(mutex);
        round[i] += rate;
      }
      together.arrive_and_wait();
      if (thread == 0) {
        for (size_t i = 0; i < round.size(); ++i)
          if (n > 0)
            rates[i].push_back(round[i]);
        std::fill(round.begin(), round.end(), 0.0);
        more = rates[0].size() < 3 || std::chrono::steady_clock::now() - start < options.total;
      }
      together.arrive_and_wait();
    }
  };

  std::vector<std::thread> threads;
  for (unsigned t = 0; t < options.threads; ++t)
    threads.emplace_back(work, t);
  for (auto& t : threads)
    t.join();
  return rates;
}

double quantile_of(std::vector<double> values, double share) {
  if (values.empty())
    return 0;
  std::sort(values.begin(), values.end());
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(place);
  const auto above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

quartiles quartiles_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {quantile_of(values, 0.25), quantile_of(values, 0.5), quantile_of(values, 0.75)};
}

quartiles paired_ratio(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> ratios;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    ratios.push_back(a[i] / b[i]);
  return quartiles_of(std::move(ratios));
}

} // namespace weft::bench
