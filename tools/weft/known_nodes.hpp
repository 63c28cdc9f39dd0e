#pragma once

#include "tools/weft/client.hpp"
#include "weft/v1/node.pb.h"

#include <optional>
#include <string>

namespace weft::cli {

/// What to ask for: with the others' own reports, so that the table is as full for them as for the one that answers.
v1::ListNodesRequest with_reports();

/// All nodes that the endpoint knows, itself first.
std::optional<problem> fetch_nodes(client& to, v1::ListNodesResponse& answer);

/// The node of this name, the one that is not gone where several had it; the first one without a name. Null: none.
const v1::Node* find_node(const v1::ListNodesResponse& nodes, const std::string& name);

/// "n1 knows no node 'x'", with the names that it knows.
problem no_such_node(const std::string& endpoint, const v1::ListNodesResponse& nodes, const std::string& name);

/// Dead, or said goodbye.
bool is_gone(v1::NodeState state);

/// The node told this of itself; of one that did not, the cluster knows little.
bool is_first_hand(const v1::Node& node);

} // namespace weft::cli
