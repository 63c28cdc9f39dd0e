#pragma once

#include "tests/bench/node_process.hpp"
#include "tests/bench/raw_client.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <string>
#include <vector>

namespace weft::bench {

/// Paragraphs of text files, each cut at the end of the line that brings it to 600 bytes or more: 100 to 200 tokens.
/// What is shorter than 40 bytes is left out. Ends the program when a file cannot be read or nothing is left.
std::vector<std::string> paragraphs_of(const std::vector<std::string>& files);

struct busy_load_options {
  uint32_t calls = 128;         ///< in flight, over all connections
  uint32_t texts_per_call = 64; ///< with 128 calls: several batches of each of eight devices
  uint32_t connections = 4;     ///< one could be what is slow
  std::chrono::nanoseconds time{};
};

/// Calls that keep a node computing: real texts, and before each a number, so that no text comes twice and none is
/// known. Threads of its own, for as long as the options say.
class busy_load {
public:
  /// Starts at once. node: outlives this.
  busy_load(const node_process& node, std::vector<std::string> texts, const busy_load_options& options);

  /// Waits for the end. Calls by code.
  std::map<grpc::StatusCode, uint64_t> wait();

private:
  std::vector<std::future<load_result>> connections_;
};

} // namespace weft::bench
