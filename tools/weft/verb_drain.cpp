#include "tools/weft/known_nodes.hpp"
#include "tools/weft/utf8.hpp"
#include "tools/weft/verbs.hpp"
#include "weft/v1/node.grpc.pb.h"

#include <memory>
#include <unistd.h>

namespace weft::cli {
namespace {

constexpr std::chrono::seconds timeout_default{10};
constexpr std::chrono::seconds wait_default{120};
constexpr std::chrono::milliseconds look_every{200};

constexpr const char* footer =
    R"(The node takes no new work, answers what it has, says goodbye to the cluster and stops, as with SIGTERM.
With --wait: 0 when it has left, 6 when it had not within --timeout (default 2m).

Examples:
  weft node drain n2 --wait
  weft node drain --endpoint n2.example:7700)";

/// The connection to the node itself: what it is asked over may be any node.
client_options direct(const session& s, const v1::Node& node) {
  auto out = s.connection;
  if (!node.endpoint().empty())
    out.endpoints = {node.endpoint()};
  return out;
}

std::optional<problem> ask(client& to, v1::DrainNodeResponse& answer) {
  return to.call_once([&](const auto& channel, grpc::ClientContext& context) {
    answer.Clear();
    return v1::NodeService::NewStub(channel)->DrainNode(&context, {}, &answer);
  });
}

/// Whether nobody can expect it any more: the others say so, or, where only it can be asked, it does not answer.
bool has_left(client& others, const std::string& id, bool alone) {
  v1::ListNodesResponse nodes;
  if (const auto p = fetch_nodes(others, nodes))
    return alone && p->code == exit_code::unreachable;
  for (const auto& node : nodes.nodes())
    if (node.id() == id)
      return is_gone(node.state());
  return true; // forgotten
}

exit_code finish(const session& s, const std::string& name, const char* state) {
  out_file out{STDOUT_FILENO};
  const json answer{{"node", name}, {"state", state}};
  out.write(s.format == output_format::json   ? to_line(answer) + "\n"
            : s.format == output_format::yaml ? to_yaml(answer)
            : s.format == output_format::name ? printable(name) + "\n"
                                              : printable(name) + " " + state + "\n");
  out.flush();
  return out.error() == 0 ? exit_code::ok : report({.what = "cannot write to standard output"});
}

exit_code wait(const session& s, const v1::Node& node) {
  // Not over the node itself, while another one can be asked.
  auto options = s.connection;
  std::erase(options.endpoints, node.endpoint());
  const bool alone = options.endpoints.empty();
  if (alone)
    options.endpoints = s.connection.endpoints;
  client others{options};
  for (;;) {
    if (has_left(others, node.id(), alone))
      return finish(s, node.name(), "left");
    if (!others.pause(look_every))
      return report({.code = exit_code::timed_out,
                     .what = printable(node.name()) + " has not left yet",
                     .advice = "It answers what it has, up to its node.drain_seconds_max; --timeout waits longer."});
  }
}

exit_code drain(session& s, const std::string& name, bool waits) {
  set_deadline(s, waits ? wait_default : timeout_default);
  client to{s.connection};
  v1::ListNodesResponse nodes;
  if (auto p = fetch_nodes(to, nodes))
    return report(*p);
  const v1::Node* node = find_node(nodes, name);
  if (node == nullptr)
    return report(no_such_node(to.endpoint(), nodes, name));
  if (is_gone(node->state()))
    return finish(s, node->name(), "left");
  client own{direct(s, *node)};
  if (auto p = own.connect())
    return report(*p);
  v1::DrainNodeResponse answer;
  if (auto p = ask(own, answer))
    return report(*p);
  return waits ? wait(s, *node) : finish(s, node->name(), "draining");
}

} // namespace

void add_node_drain(CLI::App& noun, common_options& common, action& chosen) {
  auto* verb = noun.add_subcommand("drain", "Let a node finish its work, leave the cluster and stop");
  auto name = std::make_shared<std::string>();
  auto waits = std::make_shared<bool>(false);
  verb->add_option("NAME", *name, "A node's name (default: the node that answers)")->type_name("");
  verb->add_flag("--wait", *waits, "Wait until it has left");
  add_common(*verb, common);
  verb->footer(footer);
  verb->callback([=, &chosen] { chosen = [=](session& s) { return drain(s, *name, *waits); }; });
}

} // namespace weft::cli
