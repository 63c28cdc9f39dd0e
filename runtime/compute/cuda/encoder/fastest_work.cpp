#include "runtime/compute/cuda/encoder/fastest_work.hpp"

#include "runtime/compute/cuda/base/cuda_error.hpp"
#include "runtime/compute/cuda/encoder/graph.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>
#include <vector>

namespace weft::cuda {

namespace {

constexpr int runs_graph = 10; ///< in one graph
constexpr int rounds = 5;      ///< counted
constexpr auto clock_warm = std::chrono::milliseconds(100);

struct candidate {
  size_t index;
  graph runs;
  event begin, end;
  std::vector<float> microseconds{}; ///< a round each, of one run
};

/// Once as it is, so that its code is on the device and what is wrong with it shows; then as a graph.
result<candidate> prepare(const stream& order, size_t index, const candidate_work& enqueue) {
  WEFT_TRY(enqueue(index));
  WEFT_TRY(order.wait());
  auto runs = graph::capture(order, [&]() -> status {
    for (int i = 0; i < runs_graph; ++i)
      WEFT_TRY(enqueue(index));
    return ok;
  });
  if (!runs)
    return std::move(runs.error());
  auto begin = event::make(event::kind::timer);
  auto end = event::make(event::kind::timer);
  if (!begin || !end)
    return std::move(begin ? end.error() : begin.error());
  return candidate{index, *std::move(runs), *std::move(begin), *std::move(end)};
}

status warm_clock(const stream& order, const candidate& with) {
  static std::atomic<bool> warm{false};
  if (warm.exchange(true))
    return ok;
  const auto until = std::chrono::steady_clock::now() + clock_warm;
  while (std::chrono::steady_clock::now() < until) {
    WEFT_TRY(with.runs.start(order));
    WEFT_TRY(order.wait());
  }
  return ok;
}

/// One graph of each, without a pause between them.
status run_round(const stream& order, std::vector<candidate>& candidates, bool counted) {
  for (const auto& each : candidates) {
    WEFT_TRY(each.begin.record(order));
    WEFT_TRY(each.runs.start(order));
    WEFT_TRY(each.end.record(order));
  }
  WEFT_TRY(order.wait());
  for (auto& each : candidates) {
    const auto milliseconds = each.end.milliseconds_since(each.begin);
    if (!milliseconds)
      return milliseconds.error();
    if (counted)
      each.microseconds.push_back(*milliseconds * 1'000 / runs_graph);
  }
  return ok;
}

float median(std::vector<float>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

} // namespace

result<std::optional<fastest_work>> find_fastest(const stream& order, size_t count, const candidate_work& enqueue) {
  std::vector<candidate> candidates;
  for (size_t index = 0; index < count; ++index) {
    auto made = prepare(order, index, enqueue);
    if (made)
      candidates.push_back(*std::move(made));
    else if (device_lost(made.error()))
      return std::move(made.error());
  }
  std::optional<fastest_work> out;
  if (candidates.empty())
    return out;
  WEFT_TRY(warm_clock(order, candidates.front()));
  for (int round = -1; round < rounds; ++round) // the first is not counted: graphs go to the device with it
    WEFT_TRY(run_round(order, candidates, round >= 0));
  for (auto& each : candidates)
    if (const float microseconds = median(each.microseconds); !out || microseconds < out->microseconds)
      out = {each.index, microseconds};
  return out;
}

} // namespace weft::cuda
