#pragma once

#include "tools/weft/output.hpp"
#include "weft/v1/node.pb.h"

#include <string>

namespace weft::cli {

/// "serving", "starting", "draining", "unhealthy", "suspect", "dead", "left", "unknown".
std::string state_name(v1::NodeState state);
tone state_tone(v1::NodeState state);

/// Everything a node says of itself; keys as in node.proto. Strings are as the node sent them.
json to_json(const v1::Node& node);
json to_json(const v1::Cache& cache);

} // namespace weft::cli
