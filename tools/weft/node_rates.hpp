#pragma once

#include "tools/weft/latency_quantile.hpp"
#include "weft/v1/node.pb.h"

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace weft::cli {

/// What happens a second, taken from two looks at the counters of a node or pool.
struct rates {
  double calls = 0;
  double refused = 0;
  double items = 0;
  double tokens = 0;
  double hits = 0;       ///< texts that a cache or another call's computation answered
  double misses = 0;     ///< texts that were computed
  latency_steps latency; ///< of the calls between the looks; not a second

  /// Of all texts, 0 to 1; nothing where there were none.
  std::optional<double> hit_share() const;
};

/// Turns the counters of successive answers into rates, for each node, each pool and all together, and remembers the
/// course of the total. A counter that went back means a restart: no rate until the next look. Nodes that did not
/// report have none. Not thread-safe.
class node_rates {
public:
  using time_point = std::chrono::steady_clock::time_point;

  void look(const v1::ListNodesResponse& nodes, time_point now);

  /// Nothing before the second look.
  std::optional<rates> of_node(const std::string& node) const;
  std::optional<rates> of_pool(const std::string& node, const std::string& pool) const;
  std::optional<rates> total() const;
  /// Texts a second of the whole, the oldest look first; at most `history_max`.
  const std::deque<double>& history() const { return history_; }

  static constexpr size_t history_max = 512;

private:
  struct counters {
    uint64_t calls = 0;
    uint64_t refused = 0;
    uint64_t items = 0;
    uint64_t tokens = 0;
    uint64_t hits = 0;
    uint64_t misses = 0;
    latency_steps latency;
  };
  static std::optional<rates> rate_between(const counters& was, const counters& now, double seconds);
  struct entry {
    counters last;
    std::optional<rates> rate;
  };
  static counters of(const v1::Pool& pool);
  static counters of(const v1::Node& node);
  /// Moves what is still there into `next`.
  void advance(std::map<std::string, entry>& next, const std::string& key, const counters& now, double seconds);

  std::map<std::string, entry> entries_; ///< "node" and "node\npool"
  std::optional<time_point> last_look_;
  std::optional<rates> total_;
  std::deque<double> history_;
};

} // namespace weft::cli
