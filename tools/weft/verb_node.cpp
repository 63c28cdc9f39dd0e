#include "tools/weft/known_nodes.hpp"
#include "tools/weft/node_json.hpp"
#include "tools/weft/utf8.hpp"
#include "tools/weft/verbs.hpp"

#include <cmath>
#include <functional>
#include <memory>
#include <unistd.h>

namespace weft::cli {
namespace {

constexpr std::chrono::seconds timeout_default{10};

constexpr const char* list_footer = R"(Examples:
  weft node list
  weft node list -o wide
  weft node list -o name --endpoint n1.example:7700)";

constexpr const char* describe_footer = R"(Examples:
  weft node describe
  weft node describe n1 -o yaml)";

struct sums {
  uint64_t workers = 0;
  uint64_t busy = 0;
  uint64_t queued = 0;
  uint64_t items = 0;
};

sums sum_of(const v1::Node& node) {
  sums s;
  for (const auto& pool : node.pools()) {
    s.workers += pool.workers();
    s.busy += pool.workers_busy();
    s.queued += pool.queued_items();
    s.items += pool.items_done();
  }
  return s;
}

std::string models_of(const v1::Node& node) {
  std::string names;
  for (const auto& model : node.models())
    names += (names.empty() ? "" : ", ") + printable(model.name()) + " " + printable(model.precision()) +
             (model.state() == "ready" ? "" : " (" + printable(model.state()) + ")");
  return names.empty() ? "-" : names;
}

/// What a node tells of itself only; nothing for the others.
std::string own(const v1::Node& node, std::string text) {
  return is_first_hand(node) && !text.empty() ? std::move(text) : "-";
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : printable(text);
}

std::vector<table::column> columns_of(bool wide) {
  std::vector<table::column> out{{"NAME"},         {"STATE"},      {"ZONE"},       {"REGION"},
                                 {"CLIENT"},       {"PEER"},       {"LOAD", true}, {"UPTIME", true},
                                 {"QUEUED", true}, {"BUSY", true}, {"MODELS"}};
  if (wide)
    for (table::column c : {table::column{"IN FLIGHT", true},
                            {"TEXTS", true},
                            {"MEMORY", true},
                            {"RESTARTS", true},
                            {"VERSION"},
                            {"WEIGHT", true},
                            {"EPOCH", true},
                            {"ID"}})
      out.push_back(c);
  return out;
}

std::vector<cell> row_of(const v1::Node& node, bool wide) {
  const sums s = sum_of(node);
  const auto& load = node.load();
  const std::string state =
      state_name(node.state()) + (node.reason().empty() ? "" : " (" + printable(node.reason()) + ")");
  std::vector<cell> row{{printable(node.name()), tone::bold},
                        {state, state_tone(node.state())},
                        {or_dash(node.zone())},
                        {or_dash(node.region())},
                        {or_dash(node.endpoint())},
                        {or_dash(node.peer_endpoint())},
                        {std::to_string(load.level()) + "/15"},
                        {own(node, in_time(node.uptime_seconds()))},
                        {own(node, with_spaces(s.queued))},
                        {own(node, std::to_string(s.busy) + "/" + std::to_string(s.workers))},
                        {models_of(node)}};
  if (wide)
    for (auto& text :
         {own(node, with_spaces(load.calls_in_flight())), own(node, with_spaces(s.items)),
          own(node, in_bytes(load.memory_bytes())), own(node, std::to_string(load.restarts())), or_dash(node.version()),
          std::to_string(node.weight()), std::to_string(node.epoch()), or_dash(node.id())})
      row.push_back({text});
  return row;
}

std::string as_table(const v1::ListNodesResponse& nodes, bool wide, bool colour) {
  table rows{columns_of(wide)};
  for (const auto& node : nodes.nodes())
    rows.add(row_of(node, wide));
  return rows.str(colour);
}

exit_code finish(out_file& out) {
  out.flush();
  return out.error() == 0 ? exit_code::ok : report({.what = "cannot write to standard output"});
}

exit_code list(session& s) {
  set_deadline(s, timeout_default);
  client to{s.connection};
  v1::ListNodesResponse nodes;
  if (auto p = fetch_nodes(to, nodes))
    return report(*p);
  out_file out{STDOUT_FILENO};
  if (s.format == output_format::table || s.format == output_format::wide)
    out.write(as_table(nodes, s.format == output_format::wide, s.out_terminal.colour));
  for (const auto& node : nodes.nodes()) {
    if (s.format == output_format::json)
      out.write(to_line(to_json(node)) + "\n");
    else if (s.format == output_format::yaml)
      out.write(to_yaml(json::array({to_json(node)})));
    else if (s.format == output_format::name)
      out.write(printable(node.name()) + "\n");
  }
  return finish(out);
}

/// Adds a line of a page.
using add_line = std::function<void(const char* name, const std::string& value)>;

void add_engine(const v1::Engine& e, const add_line& line) {
  const auto speed = e.tokens_per_second() > 0
                         ? with_spaces(static_cast<uint64_t>(std::llround(e.tokens_per_second()))) + " tokens/s, " +
                               with_spaces(static_cast<uint64_t>(std::llround(e.batch_seconds() * 1e6))) + " us a batch"
                         : "not measured yet";
  line("", printable(e.device()) + (e.name().empty() ? "" : " " + printable(e.name())) + ", " +
               printable(e.precision()) + (e.memory_bytes() > 0 ? ", " + in_bytes(e.memory_bytes()) : "") + ": " +
               speed);
}

void add_device(const v1::Device& d, const add_line& line, bool colour) {
  line("device", paint(printable(d.device()), tone::bold, colour) + " " + printable(d.name()) + ", " +
                     in_bytes(d.memory_bytes()) + ", " + counted(d.engines(), "engine") +
                     (d.usable() ? "" : ", " + paint("lost", tone::bad, colour) + ": " + printable(d.problem())));
  std::string figures;
  const auto add = [&figures](const std::string& text) { figures += (figures.empty() ? "" : ", ") + text; };
  if (d.has_utilization())
    add(std::to_string(std::lround(d.utilization() * 100)) + "% used");
  if (d.has_memory_used_bytes())
    add(in_bytes(d.memory_used_bytes()) + " of its memory taken");
  if (d.has_temperature_celsius())
    add(std::to_string(std::lround(d.temperature_celsius())) + " degrees Celsius");
  if (!figures.empty())
    line("", figures);
}

std::string as_page(const v1::Node& node, bool colour) {
  std::string out;
  const add_line line = [&](const char* name, const std::string& value) {
    std::string padded{name};
    padded.resize(12, ' ');
    out += paint(padded, tone::dim, colour) + (value.empty() ? "-" : value) + "\n";
  };
  const auto& load = node.load();
  line("name", paint(printable(node.name()), tone::bold, colour));
  line("state", paint(state_name(node.state()), state_tone(node.state()), colour) +
                    (node.reason().empty() ? "" : ": " + printable(node.reason())));
  line("endpoint", printable(node.endpoint()));
  line("peers at", printable(node.peer_endpoint()));
  line("place", "region " + printable(node.region()) + ", zone " + printable(node.zone()));
  line("share", "weight " + std::to_string(node.weight()) + ", load " + std::to_string(load.level()) + " of 15");
  line("identity", printable(node.id()) + ", epoch " + std::to_string(node.epoch()));
  if (!is_first_hand(node)) {
    line("", "What it does is told by itself: weft node describe --endpoint " + printable(node.endpoint()));
    return out;
  }
  line("version", printable(node.version()));
  line("uptime", in_time(node.uptime_seconds()));
  line("calls", with_spaces(load.calls_in_flight()) + " in flight, " + with_spaces(load.calls_done()) + " done, " +
                    with_spaces(load.calls_refused()) + " refused");
  line("restarts", std::to_string(load.restarts()) + " of its parts since the start");
  line("memory", in_bytes(load.memory_bytes()));
  for (const auto& m : node.models()) {
    line("model", paint(printable(m.name()), tone::bold, colour) + " " + printable(m.version()) + ", " +
                      printable(m.state()) + (m.problem().empty() ? "" : ": " + printable(m.problem())));
    line("", printable(m.precision()) + ", " + std::to_string(m.dimensions()) + " dimensions, reads " +
                 std::to_string(m.tokens_max()) + " tokens, weights " + in_bytes(m.weights_bytes()));
  }
  for (const auto& p : node.pools()) {
    line("pool", paint(printable(p.name()), tone::bold, colour) + " for " + printable(p.model()) + ": " +
                     counted(p.workers(), "worker") + " (" + std::to_string(p.workers_min()) + " to " +
                     std::to_string(p.workers_max()) + "), " + std::to_string(p.workers_busy()) + " busy, " +
                     std::to_string(static_cast<int>(p.utilization() * 100 + 0.5)) + "% used");
    line("", with_spaces(p.queued_items()) + " texts queued (" + with_spaces(p.queued_tokens()) + " tokens), " +
                 with_spaces(p.items_done()) + " done (" + with_spaces(p.tokens_done()) + " tokens)");
    for (const auto& engine : p.engines())
      add_engine(engine, line);
  }
  for (const auto& device : node.devices())
    add_device(device, line, colour);
  return out;
}

exit_code describe(session& s, const std::string& name) {
  set_deadline(s, timeout_default);
  client to{s.connection};
  v1::ListNodesResponse nodes;
  if (auto p = fetch_nodes(to, nodes))
    return report(*p);
  const v1::Node* node = find_node(nodes, name);
  if (node == nullptr)
    return report(no_such_node(to.endpoint(), nodes, name));
  out_file out{STDOUT_FILENO};
  out.write(s.format == output_format::json   ? to_line(to_json(*node)) + "\n"
            : s.format == output_format::yaml ? to_yaml(to_json(*node))
            : s.format == output_format::name ? printable(node->name()) + "\n"
                                              : as_page(*node, s.out_terminal.colour));
  return finish(out);
}

} // namespace

void add_node(CLI::App& program, common_options& common, action& chosen) {
  auto* noun = program.add_subcommand("node", "The nodes of the cluster: list, describe, drain");
  noun->require_subcommand(1)->fallthrough(); // to the options of every verb
  auto* list_verb = noun->add_subcommand("list", "The nodes that the endpoint knows, one a line");
  add_common(*list_verb, common);
  list_verb->footer(list_footer);
  list_verb->callback([&chosen] { chosen = list; });
  auto* describe_verb = noun->add_subcommand(
      "describe",
      "Everything one node says of itself: state, load, models, pools, devices; of another one, what is known");
  auto name = std::make_shared<std::string>();
  describe_verb->add_option("NAME", *name, "A node's name (default: the node that answers)")->type_name("");
  add_common(*describe_verb, common);
  describe_verb->footer(describe_footer);
  describe_verb->callback([name, &chosen] { chosen = [name](session& s) { return describe(s, *name); }; });
  add_node_drain(*noun, common, chosen);
}

} // namespace weft::cli
