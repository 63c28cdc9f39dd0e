#include "tools/weft/node_rates.hpp"

namespace weft::cli {

node_rates::counters node_rates::of(const v1::Pool& pool) {
  return {.items = pool.items_done(), .tokens = pool.tokens_done()};
}

node_rates::counters node_rates::of(const v1::Node& node) {
  counters sum{.calls = node.load().calls_done(), .refused = node.load().calls_refused()};
  for (const auto& pool : node.pools()) {
    sum.items += pool.items_done();
    sum.tokens += pool.tokens_done();
  }
  return sum;
}

void node_rates::advance(std::map<std::string, entry>& next, const std::string& key, const counters& now,
                         double seconds) {
  entry e{.last = now};
  const auto before = entries_.find(key);
  if (before != entries_.end() && seconds > 0) {
    const counters& was = before->second.last;
    const bool went_back =
        now.calls < was.calls || now.refused < was.refused || now.items < was.items || now.tokens < was.tokens;
    const auto rate = [&](uint64_t a, uint64_t b) { return static_cast<double>(b - a) / seconds; };
    if (!went_back)
      e.rate = rates{rate(was.calls, now.calls), rate(was.refused, now.refused), rate(was.items, now.items),
                     rate(was.tokens, now.tokens)};
  }
  next[key] = e;
}

void node_rates::look(const v1::ListNodesResponse& nodes, time_point now) {
  const double seconds = last_look_ ? std::chrono::duration<double>(now - *last_look_).count() : 0;
  std::map<std::string, entry> next;
  total_.reset();
  for (const auto& node : nodes.nodes()) {
    advance(next, node.name(), of(node), seconds);
    for (const auto& pool : node.pools())
      advance(next, node.name() + "\n" + pool.name(), of(pool), seconds);
    if (const auto& rate = next[node.name()].rate) {
      const rates sum = total_.value_or(rates{});
      total_ = rates{sum.calls + rate->calls, sum.refused + rate->refused, sum.items + rate->items,
                     sum.tokens + rate->tokens};
    }
  }
  entries_ = std::move(next);
  if (last_look_)
    history_.push_back(total_ ? total_->items : 0);
  if (history_.size() > history_max)
    history_.pop_front();
  last_look_ = now;
}

std::optional<rates> node_rates::of_node(const std::string& node) const {
  const auto found = entries_.find(node);
  return found == entries_.end() ? std::nullopt : found->second.rate;
}

std::optional<rates> node_rates::of_pool(const std::string& node, const std::string& pool) const {
  return of_node(node + "\n" + pool);
}

std::optional<rates> node_rates::total() const {
  return total_;
}

} // namespace weft::cli
