#include "tests/runtime/cache/traces.hpp"

#include "runtime/cache/cache_table.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <queue>
#include <random>
#include <unordered_map>
#include <unordered_set>

namespace weft::test {
namespace {

uint64_t mixed(uint64_t x) {
  x += 0x9E37'79B9'7F4A'7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58'476D'1CE4'E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D0'49BB'1331'11EBULL;
  return x ^ (x >> 31);
}

/// Draws ranks 0 … objects − 1 by Zipf's law. Written out, so that every standard library draws the same.
class zipf {
public:
  zipf(uint64_t objects, double exponent) : sums_(objects) {
    double sum = 0;
    for (uint64_t i = 0; i < objects; ++i)
      sums_[i] = sum += std::pow(static_cast<double>(i + 1), -exponent);
  }
  uint64_t operator()(std::mt19937_64& random) const {
    const double at = uniform(random) * sums_.back();
    return static_cast<uint64_t>(std::upper_bound(sums_.begin(), sums_.end() - 1, at) - sums_.begin());
  }
  static double uniform(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

private:
  std::vector<double> sums_;
};

trace make(const trace_options& with,
           const std::function<request(uint64_t at, uint64_t rank, std::mt19937_64&)>& draw) {
  std::mt19937_64 random{with.seed};
  const zipf ranks{with.objects, with.exponent};
  trace out;
  out.reserve(with.requests);
  for (uint64_t i = 0; i < with.requests; ++i)
    out.push_back(draw(i, ranks(random), random));
  return out;
}

/// A property of an object, the same each time it is asked for: uniform in (0, 1).
double property(uint64_t object, uint64_t which) {
  return (static_cast<double>(mixed(object * 8 + which) >> 11) + 0.5) * 0x1p-53;
}

double normal(uint64_t object, uint64_t which) {
  return std::sqrt(-2 * std::log(property(object, which))) * std::cos(2 * M_PI * property(object, which + 1));
}

} // namespace

trace zipf_trace(const trace_options& with) {
  return make(with, [](uint64_t, uint64_t rank, std::mt19937_64&) { return request{.object = rank}; });
}

trace scan_trace(const trace_options& with) {
  uint64_t next = with.objects;
  return make(with, [&next](uint64_t, uint64_t rank, std::mt19937_64& random) {
    return request{.object = zipf::uniform(random) < 0.2 ? next++ : rank};
  });
}

trace drift_trace(const trace_options& with) {
  return make(with, [&with](uint64_t at, uint64_t rank, std::mt19937_64&) {
    const uint64_t shift = at * 10 / with.requests * (with.objects / 10);
    return request{.object = (rank + shift) % with.objects};
  });
}

trace sized_trace(const trace_options& with) {
  return make(with, [](uint64_t, uint64_t rank, std::mt19937_64&) {
    const double bytes = 4'096 * std::exp(normal(rank, 0));
    return request{rank, static_cast<uint32_t>(std::clamp(bytes, 64.0, 1e6)),
                   static_cast<float>(std::exp(1.5 * normal(rank, 2)))};
  });
}

trace text_trace(const trace_options& with) {
  return make(with, [](uint64_t, uint64_t rank, std::mt19937_64&) {
    const double tokens = 8 * std::exp(property(rank, 0) * std::log(64.0));
    return request{rank, static_cast<uint32_t>(1'600 + 4 * tokens), static_cast<float>(tokens)};
  });
}

replay_result replay(const trace& requests, policy_kind policy, uint64_t bytes_max, uint64_t warm_up) {
  struct nothing {};
  frequency_sketch sketch{1'024};
  cache_table<nothing> cache{policy, bytes_max, sketch};
  std::vector<cache_entry<nothing>> left;
  replay_result out;
  uint64_t at = 0;
  for (const auto& r : requests) {
    const bool counted = at++ >= warm_up;
    const cache_key key{r.object, mixed(r.object)};
    sketch.count(key.low);
    const auto* found = cache.find(key);
    out.requests += counted;
    out.cost += counted ? r.cost : 0;
    if (found) {
      cache.touch(*found);
      out.hits += counted;
      out.cost_saved += counted ? r.cost : 0;
      continue;
    }
    sketch.ensure_capacity(cache.size() + 1);
    // TTL: all live equally long, so that what came first goes first.
    cache.put({.key = key, .bytes = r.bytes, .cost = r.cost, .expires = time_point{} + std::chrono::microseconds{at}},
              left);
    left.clear();
  }
  return out;
}

replay_result replay_optimum(const trace& requests, uint64_t objects_max, uint64_t warm_up) {
  constexpr uint64_t never = std::numeric_limits<uint64_t>::max();
  std::vector<uint64_t> next(requests.size(), never);
  std::unordered_map<uint64_t, uint64_t> seen;
  for (uint64_t i = requests.size(); i-- > 0;) {
    const auto [at, added] = seen.try_emplace(requests[i].object, i);
    if (!added)
      next[i] = std::exchange(at->second, i);
  }
  // Entries of the queue may be out of date: `kept` says when an object is asked for next, if it is kept.
  std::unordered_map<uint64_t, uint64_t> kept;
  std::priority_queue<std::pair<uint64_t, uint64_t>> furthest;
  replay_result out;
  for (uint64_t i = 0; i < requests.size(); ++i) {
    const uint64_t object = requests[i].object;
    const bool hit = kept.erase(object) > 0;
    out.requests += i >= warm_up;
    out.hits += hit && i >= warm_up;
    if (next[i] == never)
      continue;
    kept[object] = next[i];
    furthest.emplace(next[i], object);
    while (kept.size() > objects_max) {
      const auto [when, which] = furthest.top();
      furthest.pop();
      const auto at = kept.find(which);
      if (at != kept.end() && at->second == when)
        kept.erase(at);
    }
  }
  out.cost = static_cast<double>(out.requests);
  out.cost_saved = static_cast<double>(out.hits);
  return out;
}

uint64_t bytes_of_objects(const trace& requests) {
  std::unordered_set<uint64_t> seen;
  uint64_t bytes = 0;
  for (const auto& r : requests)
    if (seen.insert(r.object).second)
      bytes += r.bytes;
  return bytes;
}

} // namespace weft::test
