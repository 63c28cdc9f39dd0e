#pragma once

#include "tests/bench/cluster_measures.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <utility>
#include <vector>

namespace weft::bench {

/// A part of a benchmark of real processes, by the name that --part takes.
using bench_part = std::pair<std::string, std::vector<json> (*)(const cluster_bench_options&)>;

/// What such a benchmark is asked for.
struct bench_arguments {
  cluster_bench_options options;
  std::vector<std::string> parts; ///< empty: all
  std::string json_file;          ///< "": none
};

/// --weftd, --part, --quick and --json.
void add_arguments(CLI::App& app, const std::vector<bench_part>& parts, bench_arguments& to);

/// Measures the parts that are wanted, one after the other, and prints each row as it comes. Ends the program where a
/// measurement fails.
void run_parts(const std::vector<bench_part>& parts, bench_arguments wanted, void (*print)(const json& row));

} // namespace weft::bench
