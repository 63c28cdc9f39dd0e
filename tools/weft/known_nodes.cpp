#include "tools/weft/known_nodes.hpp"

#include "tools/weft/utf8.hpp"
#include "weft/v1/node.grpc.pb.h"

namespace weft::cli {

v1::ListNodesRequest with_reports() {
  v1::ListNodesRequest out;
  out.set_reports(true);
  return out;
}

std::optional<problem> fetch_nodes(client& to, v1::ListNodesResponse& answer) {
  return to.call([&](const auto& channel, grpc::ClientContext& context) {
    answer.Clear();
    return v1::NodeService::NewStub(channel)->ListNodes(&context, with_reports(), &answer);
  });
}

const v1::Node* find_node(const v1::ListNodesResponse& nodes, const std::string& name) {
  const v1::Node* found = nullptr;
  for (const auto& node : nodes.nodes())
    if ((name.empty() || node.name() == name) &&
        (found == nullptr || (is_gone(found->state()) && !is_gone(node.state()))))
      found = &node;
  return name.empty() && nodes.nodes_size() > 0 ? &nodes.nodes(0) : found;
}

problem no_such_node(const std::string& endpoint, const v1::ListNodesResponse& nodes, const std::string& name) {
  std::string known;
  for (const auto& other : nodes.nodes())
    known += (known.empty() ? "" : ", ") + printable(other.name());
  return {.what = endpoint + " knows no node '" + printable(name) + "'", .advice = "It knows: " + known + "."};
}

bool is_gone(v1::NodeState state) {
  return state == v1::NODE_STATE_DEAD || state == v1::NODE_STATE_LEFT;
}

bool is_first_hand(const v1::Node& node) {
  return !node.version().empty();
}

} // namespace weft::cli
