#pragma once

#include "tests/bench/cluster_measures.hpp"

#include <cstdint>
#include <vector>

namespace weft::bench {

/// Items a second that three nodes acknowledge at two synced copies, while they also run them; beside plain RocksDB
/// group commit of the same bytes, twice: each segment synced into two databases.
std::vector<json> measure_ingestion(const cluster_bench_options& options);

/// A whole job, from its first message to its end, beside interactive calls for texts of the same kind that keep the
/// same nodes busy. One node, and three that share the machine.
std::vector<json> measure_whole_job(const cluster_bench_options& options);

/// Latency of interactive calls while a job saturates the node, beside the same calls alone.
std::vector<json> measure_latency(const cluster_bench_options& options);

/// kill -9 of a node that runs a part of a job: until another runs a segment of it, and until all nodes know it dead.
/// Bytes that were sent to make the copies, and to make them again on a node that lost its disk, a stored byte.
std::vector<json> measure_takeover(const cluster_bench_options& options);

/// A node with 1 GB of records that was killed: until it serves, and until it knows all of them again.
std::vector<json> measure_recovery(const cluster_bench_options& options);

} // namespace weft::bench
