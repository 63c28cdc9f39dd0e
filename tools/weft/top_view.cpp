#include "tools/weft/top_view.hpp"

#include "tools/weft/known_nodes.hpp"
#include "tools/weft/node_json.hpp"
#include "tools/weft/utf8.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace weft::cli {
namespace {

std::string shown(const std::optional<rates>& rate, double rates::*figure) {
  return rate ? in_figures((*rate).*figure) : "-";
}

std::string hit_share(const std::optional<rates>& rate) {
  const auto share = rate ? rate->hit_share() : std::nullopt;
  return share ? std::to_string(std::lround(*share * 100)) + "%" : "-";
}

std::string latency(const std::optional<rates>& rate, double q) {
  const auto seconds = rate ? quantile(rate->latency, q) : std::nullopt;
  return seconds ? in_figures(*seconds * 1000) + " ms" : "-";
}

struct sums {
  uint64_t serving = 0;
  uint64_t in_flight = 0;
  uint64_t queued = 0;
};

sums sum_of(const v1::ListNodesResponse& nodes) {
  sums s;
  for (const auto& node : nodes.nodes()) {
    s.serving += node.state() == v1::NODE_STATE_SERVING ? 1 : 0;
    s.in_flight += node.load().calls_in_flight();
    for (const auto& pool : node.pools())
      s.queued += pool.queued_items();
  }
  return s;
}

uint64_t queued_of(const v1::Node& node) {
  uint64_t queued = 0;
  for (const auto& pool : node.pools())
    queued += pool.queued_items();
  return queued;
}

std::string used_bar(double share) {
  constexpr size_t width = 10;
  const double clipped = std::clamp(share, 0.0, 1.0);
  const auto full = static_cast<size_t>(std::lround(clipped * width));
  std::string percent = std::to_string(std::lround(clipped * 100)) + "%";
  percent.insert(0, 4 - std::min<size_t>(4, percent.size()), ' ');
  return "[" + std::string(full, '|') + std::string(width - full, ' ') + "]" + percent;
}

std::string node_table(const top_state& state, size_t columns, bool colour) {
  table rows{{{"NODE"},
              {"STATE"},
              {"LOAD", true, 9},
              {"UPTIME", true, 8},
              {"CALLS/S", true},
              {"P50", true, 3},
              {"P99", true, 1},
              {"HITS", true, 2},
              {"TEXTS/S", true},
              {"TOKENS/S", true, 6},
              {"IN FLIGHT", true, 5},
              {"QUEUED", true, 4},
              {"REFUSED", true, 7},
              {"MEMORY", true, 10}}};
  for (const auto& node : state.nodes.nodes()) {
    const bool told = is_first_hand(node);
    const auto own = [told](std::string text) { return told ? std::move(text) : std::string{"-"}; };
    const auto rate = state.rate.of_node(node.name());
    const uint64_t refused = node.load().calls_refused();
    rows.add({{shorten(printable(node.name()), 24), tone::bold},
              {state_name(node.state()), state_tone(node.state())},
              {std::to_string(node.load().level()) + "/15"},
              {own(in_time(node.uptime_seconds()))},
              {shown(rate, &rates::calls)},
              {latency(rate, 0.5)},
              {latency(rate, 0.99)},
              {hit_share(rate)},
              {shown(rate, &rates::items)},
              {shown(rate, &rates::tokens)},
              {own(with_spaces(node.load().calls_in_flight()))},
              {own(with_spaces(queued_of(node)))},
              {own(with_spaces(refused)), refused > 0 ? tone::warning : tone::plain},
              {own(in_bytes(node.load().memory_bytes()))}});
  }
  return rows.str(colour, columns);
}

std::string pool_table(const top_state& state, size_t columns, bool colour) {
  table rows{{{"NODE"},
              {"POOL"},
              {"WORKERS", true},
              {"USED"},
              {"QUEUED", true, 2},
              {"TEXTS/S", true, 1},
              {"TOKENS/S", true, 3},
              {"TEXTS", true, 4},
              {"MODEL", false, 5}}};
  for (const auto& node : state.nodes.nodes())
    for (const auto& pool : node.pools()) {
      const auto rate = state.rate.of_pool(node.name(), pool.name());
      rows.add({{shorten(printable(node.name()), 24), tone::bold},
                {shorten(printable(pool.name()), 16)},
                {std::to_string(pool.workers_busy()) + "/" + std::to_string(pool.workers())},
                {used_bar(pool.utilization()), pool.utilization() > 0.9 ? tone::warning : tone::good},
                {with_spaces(pool.queued_items())},
                {shown(rate, &rates::items)},
                {shown(rate, &rates::tokens)},
                {with_spaces(pool.items_done())},
                {printable(pool.model())}});
    }
  return rows.rows() == 0 ? std::string{} : rows.str(colour, columns) + "\n";
}

std::string headline(const top_state& state, size_t columns, bool colour) {
  const sums s = sum_of(state.nodes);
  const auto known = static_cast<uint64_t>(state.nodes.nodes_size());
  const std::string left =
      "weft top  " + state.endpoint + "  " + counted(known, "node") + ", " + with_spaces(s.serving) + " serving";
  const std::string right =
      "every " + in_figures(std::chrono::duration<double>(state.interval).count()) + "s  " + state.clock;
  const size_t used = display_width(left) + display_width(right);
  const std::string line = left + std::string(columns > used ? columns - used : 2, ' ') + right;
  return paint(shorten(line, columns), s.serving == known && known > 0 ? tone::bold : tone::warning, colour) + "\n";
}

json rates_json(const std::optional<rates>& rate) {
  if (!rate)
    return nullptr;
  const auto or_null = [](const std::optional<double>& value) { return value ? json(*value) : json(nullptr); };
  return {{"calls_per_second", rate->calls},
          {"refused_per_second", rate->refused},
          {"items_per_second", rate->items},
          {"tokens_per_second", rate->tokens},
          {"cache_hit_share", or_null(rate->hit_share())},
          {"latency_p50_seconds", or_null(quantile(rate->latency, 0.5))},
          {"latency_p99_seconds", or_null(quantile(rate->latency, 0.99))}};
}

} // namespace

std::string sparkline(const std::deque<double>& values, size_t columns) {
  static constexpr std::array bars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const size_t number = std::min(columns, values.size());
  const auto first = values.end() - static_cast<std::ptrdiff_t>(number);
  const double highest = number == 0 ? 0 : *std::max_element(first, values.end());
  std::string line;
  std::for_each(first, values.end(), [&](double value) {
    const double share = highest > 0 ? value / highest : 0;
    line += bars[std::min<size_t>(7, static_cast<size_t>(share * 8))];
  });
  return line;
}

std::string top_page(const top_state& state, size_t columns, bool colour) {
  std::string page = headline(state, columns, colour);
  if (!state.trouble.empty())
    page += paint(shorten("! " + state.trouble, columns), tone::bad, colour) + "\n";
  const sums s = sum_of(state.nodes);
  const auto total = state.rate.total();
  page +=
      shorten("texts/s " + shown(total, &rates::items) + "   tokens/s " + shown(total, &rates::tokens) + "   calls/s " +
                  shown(total, &rates::calls) + "   p50 " + latency(total, 0.5) + "   p99 " + latency(total, 0.99) +
                  "   hits " + hit_share(total) + "   refused/s " + shown(total, &rates::refused) + "   in flight " +
                  with_spaces(s.in_flight) + "   queued " + with_spaces(s.queued),
              columns) +
      "\n";
  if (state.rate.history().size() > 1)
    page +=
        "texts/s " + paint(sparkline(state.rate.history(), columns > 8 ? columns - 8 : 0), tone::good, colour) + "\n";
  page += "\n" + node_table(state, columns, colour) + "\n" + pool_table(state, columns, colour);
  return page;
}

json top_json(const top_state& state, const std::string& time) {
  json nodes = json::array();
  for (const auto& node : state.nodes.nodes()) {
    json one = to_json(node);
    one["rates"] = rates_json(state.rate.of_node(node.name()));
    nodes.push_back(std::move(one));
  }
  return {{"time", time},
          {"endpoint", state.endpoint},
          {"rates", rates_json(state.rate.total())},
          {"nodes", std::move(nodes)}};
}

} // namespace weft::cli
