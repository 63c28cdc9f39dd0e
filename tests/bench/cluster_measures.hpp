#pragma once

#include "tests/bench/node_process.hpp"
#include "tests/bench/slices.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace weft::bench {

using json = nlohmann::ordered_json;

struct cluster_bench_options {
  node_programs programs;
  bool quick = false; ///< shorter slices and fewer of them: for a look, not for a figure
};

/// Cached replies beside a raw gRPC echo of the same size in a process of its own, at 1 and 64 in flight: from the node
/// that is asked, from the owner of the keys when another node is asked, and from that one's near-cache.
std::vector<json> measure_cached_replies(const cluster_bench_options& options);

/// Calls a second when 85 % of the texts are cached and 15 % new and short; beside it hits alone, misses alone, and
/// what the bare encoder computes of such texts.
std::vector<json> measure_mixed_load(const cluster_bench_options& options);

/// 1 000 calls for one text, spread over three nodes, at once: how many inferences they cost.
std::vector<json> measure_identical_calls(const cluster_bench_options& options);

/// Distinct texts a second of three processes that share this machine, beside one process that has it alone.
std::vector<json> measure_three_processes(const cluster_bench_options& options);

/// kill -9 of one of three nodes, again and again: until both others call it dead.
std::vector<json> measure_kills(const cluster_bench_options& options);

/// {"low", "median", "high"}
json to_json(const quartiles& q);
double median(std::vector<double> values);

/// An EmbedRequest with this text.
std::string embed_request_of(const std::string& text);
/// `words` common words, one token each, and a number that makes the text distinct.
std::string numbered_text(uint64_t number, uint32_t words);

} // namespace weft::bench
