#pragma once

#include "runtime/base/result.hpp"
#include "runtime/routing/target_state.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace weft {

struct router_options {
  bool plain = false;             ///< round robin, and nothing else
  uint32_t scan_max = 64;         ///< up to so many targets all are compared, beyond two random ones
  uint32_t outstanding_max = 256; ///< requests under way to one target
  duration latency_guess = std::chrono::milliseconds{50}; ///< per unit of work at weight 100, while no target is known
  /// The home node (which needs no transfer) is taken up to so many times the best cost.
  double home_factor = 1.25;
  target_options target{};
  uint64_t seed = 1; ///< of the random choices: differs between nodes, so that they do not herd
};

/// What is to be computed.
struct route_request {
  uint32_t work = 1;                 ///< in any unit that time grows with (tokens); the same unit everywhere
  std::optional<capability> needs{}; ///< nothing: anybody can
  std::optional<node_id> home{};     ///< where it is already
  std::span<const node_id> except{}; ///< tried before
};

/// Where it goes. Each one comes back by exactly one of answered(), refused(), failed(), incapable() or abandoned().
struct route {
  node_id node{};
  uint64_t ticket = 0;
};

/// Where a miss is computed: the target with the least cost (see target_state::cost), by the speeds that it has told
/// and its latency as this node has measured it, what is under way, the exact load in its last reply, and its failures.
/// A node that answers errors fast attracts nothing: an error is a latency of seconds. What was learned fades, so a
/// node is tried again after a while; there is no open or half-open state, and so no permit that could get lost. Owned
/// by ROUTER; not thread-safe; `now` never goes back.
class router_core {
public:
  explicit router_core(router_options options) : options_(options), random_(options.seed) {}

  /// The targets from now on. Who stays (same node and epoch) keeps what is known of it; requests under way to who
  /// goes are forgotten: their ends are ignored.
  void set_targets(const std::vector<route_target>& targets);
  size_t size() const noexcept { return targets_.size(); }

  /// Fails with errc::unavailable (no target can do it) or errc::overloaded (all that can are at outstanding_max).
  result<route> pick(const route_request& request, time_point now);

  /// It was answered, well or with an error that is the caller's own fault. Also for a deadline that passed: that is
  /// as slow as it looks.
  void answered(const route& where, time_point now, const std::optional<node_load>& load = {});
  /// What a node said of its load beside any route, in an answer to something else. Nothing for one that is no target.
  void told(node_id node, const node_load& load, time_point now);
  /// It is full or draining.
  void refused(const route& where, time_point now, const std::optional<node_load>& load = {});
  /// It is out of reach or has answered an error of its own.
  void failed(const route& where, time_point now);
  /// It does not have the model or the numeric class: not asked for it again for a while.
  void incapable(const route& where, capability what, time_point now);
  /// The caller has gone before the answer.
  void abandoned(const route& where, time_point now);

  /// Requests under way to a node; 0 for an unknown one.
  uint32_t outstanding(node_id node) const;

private:
  enum class fitness : uint8_t { fit, full, unfit };
  fitness judge(const target_state& target, const route_request& request, time_point now) const;
  std::optional<size_t> next_in_turn(const route_request& request, time_point now);
  std::optional<size_t> best_of_all(const route_request& request, time_point now);
  std::optional<size_t> best_of_two(const route_request& request, time_point now);
  size_t prefer_home(size_t best, const route_request& request, time_point now);
  void heard(target_state& target, const node_load& load, time_point now);
  double guess(uint32_t work, time_point now);
  bool by_speeds(time_point now);
  uint64_t random() noexcept;
  target_state* find(node_id node);

  router_options options_;
  std::vector<target_state> targets_; ///< by node
  uint64_t last_ticket_ = 0;
  size_t turn_ = 0;
  uint64_t random_;
  struct known_mean {
    double seconds = 0; ///< a unit of work, of a node of weight 1
    std::optional<time_point> at;
  };
  bool speeds_differ_ = false;
  std::optional<time_point> speeds_compared_; ///< empty: something new was told
  std::array<known_mean, 33> guesses_{}; ///< by the work's bits, since no mean holds for all; looked up now and then
};

} // namespace weft
