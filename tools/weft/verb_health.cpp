#include "grpc/health/v1/health.grpc.pb.h"
#include "tools/weft/node_json.hpp"
#include "tools/weft/utf8.hpp"
#include "tools/weft/verbs.hpp"
#include "weft/v1/node.grpc.pb.h"

#include <memory>
#include <unistd.h>

namespace weft::cli {
namespace {

constexpr std::chrono::seconds timeout_default{10};
constexpr std::chrono::seconds wait_default{60};
constexpr std::chrono::milliseconds look_every{200};

constexpr const char* footer =
    R"(Exit code 0 when the node serves, 4 when it answers that it does not, 3 when it cannot be reached.
With --wait: 6 when it was not healthy within --timeout (default 1m).

  -o json   {"endpoint":"127.0.0.1:7700","node":"n1","healthy":true,"state":"serving","reason":""}

Examples:
  weft health
  weft health --wait --timeout 2m && ./start-the-work)";

json to_json(const std::string& endpoint, const v1::Node& node) {
  return {{"endpoint", endpoint},
          {"node", node.name()},
          {"healthy", node.state() == v1::NODE_STATE_SERVING},
          {"state", state_name(node.state())},
          {"reason", node.reason()}};
}

std::string as_line(const std::string& endpoint, const v1::Node& node, bool wide, bool colour) {
  const std::string name = printable(node.name());
  std::string line = (name.empty() ? "" : name + " at ") + endpoint + " is " +
                     paint(state_name(node.state()), state_tone(node.state()), colour);
  if (!node.reason().empty())
    line += ": " + printable(node.reason());
  if (wide)
    line += " (up " + in_time(node.uptime_seconds()) + ", version " + printable(node.version()) + ", " +
            counted(node.load().calls_in_flight(), "call") + " in flight)";
  return line + "\n";
}

exit_code show(const session& s, const std::string& endpoint, const v1::Node& node) {
  out_file out{STDOUT_FILENO};
  const json answer = to_json(endpoint, node);
  out.write(s.format == output_format::json   ? to_line(answer) + "\n"
            : s.format == output_format::yaml ? to_yaml(answer)
            : s.format == output_format::name
                ? printable(node.name()) + "\n"
                : as_line(endpoint, node, s.format == output_format::wide, s.out_terminal.colour));
  return node.state() == v1::NODE_STATE_SERVING ? exit_code::ok : exit_code::unhealthy;
}

/// Only operators may see the details; whether a node serves is told to everybody by gRPC's own health protocol.
std::optional<problem> ask_health_service(client& to, v1::Node& node) {
  grpc::health::v1::HealthCheckResponse answer;
  auto p = to.call_once([&](const auto& channel, grpc::ClientContext& context) {
    return grpc::health::v1::Health::NewStub(channel)->Check(&context, {}, &answer);
  });
  const bool serving = answer.status() == grpc::health::v1::HealthCheckResponse::SERVING;
  node.set_state(serving ? v1::NODE_STATE_SERVING : v1::NODE_STATE_UNHEALTHY);
  node.set_reason(serving ? "" : "only an operator's key is told why");
  return p;
}

std::optional<problem> look(client& to, v1::GetNodeResponse& answer) {
  auto p = to.call_once([&](const auto& channel, grpc::ClientContext& context) {
    answer.Clear();
    return v1::NodeService::NewStub(channel)->GetNode(&context, {}, &answer);
  });
  if (p && (p->reason == "PERMISSION_DENIED" || p->reason == "UNAUTHENTICATED") &&
      !ask_health_service(to, *answer.mutable_node()))
    return std::nullopt;
  return p;
}

/// Waiting cannot mend these.
bool is_final(const problem& p) {
  return p.code == exit_code::denied || p.code == exit_code::failed;
}

exit_code wait(session& s) {
  set_deadline(s, wait_default);
  const auto limit = s.timeout.value_or(wait_default);
  client to{s.connection};
  std::string last = "nothing was heard";
  v1::GetNodeResponse answer;
  for (;;) {
    const auto p = look(to, answer);
    if (!p && answer.node().state() == v1::NODE_STATE_SERVING)
      return show(s, to.endpoint(), answer.node());
    if (p && is_final(*p))
      return report(*p);
    if (!p || p->code != exit_code::timed_out)
      last = p ? p->what : as_line(to.endpoint(), answer.node(), false, false);
    if (!to.pause(look_every))
      break;
  }
  while (last.ends_with('\n'))
    last.pop_back();
  return report(
      {.code = exit_code::timed_out,
       .what = "not healthy within " + in_figures(std::chrono::duration<double>(limit).count()) + " s: " + last,
       .advice = "Its log says why; --timeout gives it more time."});
}

exit_code once(session& s) {
  set_deadline(s, timeout_default);
  client to{s.connection};
  v1::GetNodeResponse answer;
  if (const auto p = look(to, answer))
    return report(*p);
  return show(s, to.endpoint(), answer.node());
}

} // namespace

void add_health(CLI::App& program, common_options& common, action& chosen) {
  auto* verb = program.add_subcommand("health", "Is the node serving? For people and for scripts");
  auto waits = std::make_shared<bool>(false);
  verb->add_flag("--wait", *waits, "Wait until it is");
  add_common(*verb, common);
  verb->footer(footer);
  verb->callback([waits, &chosen] { chosen = [waits](session& s) { return *waits ? wait(s) : once(s); }; });
}

} // namespace weft::cli
