#pragma once

#include "runtime/cache/policy_kind.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace weft::test {

/// One request of a trace: which object, how large it is, what computing it costs.
struct request {
  uint64_t object = 0;
  uint32_t bytes = 1;
  float cost = 1;
};
using trace = std::vector<request>;

struct trace_options {
  uint64_t objects = 1'000'000;
  uint64_t requests = 5'000'000;
  double exponent = 0.99; ///< of Zipf's law
  uint64_t seed = 1;
};

/// Objects by Zipf's law, in an order of popularity that stays.
trace zipf_trace(const trace_options& with);
/// The same, and a fifth of the requests are for objects that are asked for once.
trace scan_trace(const trace_options& with);
/// Zipf's law, but every tenth of the trace all objects change places: what was hot is then like any other.
trace drift_trace(const trace_options& with);
/// Zipf's law over objects of log-normal size (median 4 kB, sigma 1) with costs that are log-normal too and say nothing
/// about the size (sigma 1.5): texts of any length for models of any weight.
trace sized_trace(const trace_options& with);
/// Zipf's law over texts for one model: 1.6 kB and 4 bytes a token; cost grows with tokens (8 to 512, log-uniform).
trace text_trace(const trace_options& with);

struct replay_result {
  uint64_t requests = 0;
  uint64_t hits = 0;
  double cost = 0;
  double cost_saved = 0;

  double hit_ratio() const { return static_cast<double>(hits) / static_cast<double>(requests); }
  double cost_ratio() const { return cost_saved / cost; }
};

/// Replays a trace on a cache_table of this budget: a request, then a put where it missed. The first `warm_up` requests
/// are not counted.
replay_result replay(const trace& requests, policy_kind policy, uint64_t bytes_max, uint64_t warm_up = 0);

/// The most hits that any policy can have for objects of equal size, knowing the future: evict what is asked for again
/// last, and do not keep what would be that. Source: Belády (1966), with bypass.
replay_result replay_optimum(const trace& requests, uint64_t objects_max, uint64_t warm_up = 0);

/// Bytes of all different objects of a trace.
uint64_t bytes_of_objects(const trace& requests);

} // namespace weft::test
