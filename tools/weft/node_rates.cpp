#include "tools/weft/node_rates.hpp"

#include "tools/weft/known_nodes.hpp"

#include <utility>

namespace weft::cli {

std::optional<double> rates::hit_share() const {
  return hits + misses > 0 ? std::optional{hits / (hits + misses)} : std::nullopt;
}

node_rates::counters node_rates::of(const v1::Pool& pool) {
  counters out;
  out.items = pool.items_done();
  out.tokens = pool.tokens_done();
  return out;
}

node_rates::counters node_rates::of(const v1::Node& node) {
  counters sum;
  sum.calls = node.load().calls_done();
  sum.refused = node.load().calls_refused();
  for (const auto& pool : node.pools()) {
    sum.items += pool.items_done();
    sum.tokens += pool.tokens_done();
  }
  const auto& cache = node.cache();
  sum.hits = cache.memory().hits() + cache.packed().hits() + cache.store().hits() + cache.shared();
  sum.misses = cache.computed();
  sum.latency = latency_of(node.load());
  return sum;
}

std::optional<rates> node_rates::rate_between(const counters& was, const counters& now, double seconds) {
  const bool went_back = now.calls < was.calls || now.refused < was.refused || now.items < was.items ||
                         now.tokens < was.tokens || now.hits < was.hits || now.misses < was.misses;
  auto latency = between(was.latency, now.latency);
  if (went_back || !latency || seconds <= 0)
    return std::nullopt;
  const auto rate = [&](uint64_t a, uint64_t b) { return static_cast<double>(b - a) / seconds; };
  return rates{.calls = rate(was.calls, now.calls),
               .refused = rate(was.refused, now.refused),
               .items = rate(was.items, now.items),
               .tokens = rate(was.tokens, now.tokens),
               .hits = rate(was.hits, now.hits),
               .misses = rate(was.misses, now.misses),
               .latency = *std::move(latency)};
}

void node_rates::advance(std::map<std::string, entry>& next, const std::string& key, const counters& now,
                         double seconds) {
  entry e{.last = now, .rate = std::nullopt};
  if (const auto before = entries_.find(key); before != entries_.end())
    e.rate = rate_between(before->second.last, now, seconds);
  next[key] = std::move(e);
}

void node_rates::look(const v1::ListNodesResponse& nodes, time_point now) {
  const double seconds = last_look_ ? std::chrono::duration<double>(now - *last_look_).count() : 0;
  std::map<std::string, entry> next;
  total_.reset();
  for (const auto& node : nodes.nodes()) {
    if (!is_first_hand(node))
      continue;
    advance(next, node.name(), of(node), seconds);
    for (const auto& pool : node.pools())
      advance(next, node.name() + "\n" + pool.name(), of(pool), seconds);
    if (const auto& rate = next[node.name()].rate) {
      auto sum = total_.value_or(rates{});
      sum.calls += rate->calls;
      sum.refused += rate->refused;
      sum.items += rate->items;
      sum.tokens += rate->tokens;
      sum.hits += rate->hits;
      sum.misses += rate->misses;
      add(sum.latency, rate->latency);
      total_ = std::move(sum);
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
