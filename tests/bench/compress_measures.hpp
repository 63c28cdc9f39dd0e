#pragma once

#include "tests/bench/cluster_measures.hpp"

#include <vector>

namespace weft::bench {

/// Compress of documents of 10 000 tokens beside Embed of as many sentences of the same lengths, all of them new to the
/// node, in turn. A row for each strategy.
std::vector<json> measure_documents(const cluster_bench_options& options);

/// Text through CompressStream: bytes a second, and the node's most memory above what it had before. A row for each
/// kind of text and strategy.
std::vector<json> measure_streams(const cluster_bench_options& options);

} // namespace weft::bench
