#pragma once

#include "tools/weft/node_rates.hpp"
#include "tools/weft/output.hpp"
#include "weft/v1/node.pb.h"

#include <deque>
#include <string>

namespace weft::cli {

/// What `weft top` shows at one moment.
struct top_state {
  std::string endpoint;
  std::string clock; ///< "03:12:44"
  std::chrono::milliseconds interval{};
  v1::ListNodesResponse nodes;
  node_rates rate;
  std::string trouble; ///< why the last look failed, else ""
};

/// The page as lines, each at most `columns` wide. Pure.
std::string top_page(const top_state& state, size_t columns, bool colour);

/// The same as one JSON object, for -o json and yaml.
json top_json(const top_state& state, const std::string& time);

/// The last values as bars of eight heights, the highest value full: "▁▂▅█".
std::string sparkline(const std::deque<double>& values, size_t columns);

} // namespace weft::cli
