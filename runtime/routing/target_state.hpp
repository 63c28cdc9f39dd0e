#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/time.hpp"
#include "runtime/job/node_load.hpp"
#include "runtime/routing/peak_ewma.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace weft {

/// What a node must have to compute something: a hash of model, version and numeric class.
enum class capability : uint64_t {};

/// A node that may be given work, as membership sees it.
struct route_target {
  node_id node{};
  boot_epoch epoch{};     ///< another one is another process: nothing that was known of it counts
  uint32_t weight = 100;  ///< of its capacity, relative to the others: a guess until answers tell
  bool suspect = false;   ///< gets work only where the others are much worse
  uint8_t load_level = 0; ///< coarse, from gossip: 0 idle … 15 full
  /// What it says that it can compute; nothing: unknown, so it is asked until it refuses.
  std::optional<std::vector<capability>> offers{};
};

struct target_options {
  duration latency_decay = std::chrono::seconds{10}; ///< time constant of the latency's peak EWMA
  /// A load report counts e^(-age / load_decay): half of it is gone after 0.7 of this.
  duration load_decay = std::chrono::milliseconds{500};
  /// A failure counts as so much latency, twice as much at each one more in a row; fades with penalty_decay.
  duration penalty_min = std::chrono::seconds{1};
  duration penalty_max = std::chrono::seconds{30};
  duration penalty_decay = std::chrono::seconds{10};
  duration refusal_penalty = std::chrono::milliseconds{200}; ///< of "I am full": not a fault, it passes
  duration incapable_for = std::chrono::seconds{60};         ///< how long a refused capability is remembered
  uint32_t incapable_max = 64;                               ///< remembered at once, the oldest goes first
  double suspect_factor = 8;                                 ///< on a suspect's cost
  duration speeds_kept = std::chrono::seconds{60};           ///< how long the speeds count that a reply told
  /// A target that has had nothing for long is thought to be so much of what it told, at least: so it is tried again,
  /// but not where it told that it is many times slower.
  double slowness_min = 0.25;
  /// What a request takes beside computing: keeps a call of a few tokens from making a node look many times slower than
  /// it said.
  duration way_guess = std::chrono::milliseconds{1};
};

/// What work of so many tokens takes on engines like these, in seconds, while they have nothing else to do: on the kind
/// that ends it first, dealt out among its engines down to about one long text each. 0: none was measured.
double seconds_on(const node_load& load, uint32_t work) noexcept;

/// What this node knows of a target: what is under way to it, how long it took lately, the load and the engines' speeds
/// that it told, and whether it fails. Part of router_core.
///
/// Without speeds (an older release, or nothing was computed there yet) time is thought to grow with the work:
/// latency per unit. With them a request has a time that it should take, and what counts is how many times as long it
/// really took (peak EWMA, fading): so small calls, which mostly pay the fixed part, say something about large
/// ones and the other way round.
class target_state {
public:
  target_state(const route_target& target, const target_options& options);

  const route_target& target() const noexcept { return target_; }
  void set_target(const route_target& target) { target_ = target; }

  bool can(capability what, time_point now) const;
  void cannot(capability what, time_point now);

  uint32_t outstanding() const noexcept { return static_cast<uint32_t>(sent_.size()); }
  bool waits_for(uint64_t ticket) const { return sent_.contains(ticket); }
  void sent(uint64_t ticket, uint32_t work, time_point now);
  /// Ends what was sent; nothing for an unknown ticket. `answered` also raises or lowers the latency; otherwise the
  /// time until now only raises it: it would have taken at least that long.
  bool ended(uint64_t ticket, bool answered, time_point now);
  /// True when its speeds were not known before.
  bool reported(const node_load& load, time_point now);
  void failed(time_point now);
  void refused(time_point now);
  void succeeded() noexcept { penalty_ /= 4; }

  /// Seconds a unit of so much work takes: what it told, else what was measured, or what the oldest unanswered one has
  /// taken so far, if that is more; 0 when nothing is known.
  double seconds_per_unit(uint32_t work, bool by_speeds, time_point now) const;
  /// What it costs to give it `work` more, in seconds: comparable between targets only. `guess` stands for an unknown
  /// latency: that of a node of weight 1.
  ///   latency per unit × (work under way + work) + penalty + the wait that it told, or, with speeds,
  ///   slowness × (expected of what is under way + expected of the work) + penalty + the wait that it told
  /// by_speeds: false where those of all targets are alike, and what was measured says more.
  double cost(uint32_t work, double guess, bool by_speeds, time_point now) const;
  /// What work takes by the speeds that it told; 0: it told none lately.
  double told_seconds(uint32_t work, time_point now) const { return has_speeds(now) ? seconds_on(speeds_, work) : 0; }

private:
  struct in_flight {
    uint32_t work = 0;
    time_point since{};
    double expected = 0; ///< seconds, with its way; 0: not known then
  };
  struct lack {
    capability what{};
    time_point until{};
  };

  double latency(time_point now) const;
  bool has_speeds(time_point now) const;
  double expected(uint32_t work) const;
  double slowness(time_point now) const;
  double penalty(time_point now) const { return penalty_ * decay(now - penalty_at_, options_.penalty_decay); }
  void set_penalty(double seconds, time_point now);

  route_target target_;
  target_options options_;
  std::map<uint64_t, in_flight> sent_; ///< by ticket, the oldest first
  uint64_t work_ = 0;
  double expected_ = 0; ///< of all that is under way
  peak_ewma latency_;   ///< seconds per unit of work
  peak_ewma slowness_;  ///< times of what was expected
  node_load speeds_;
  std::optional<time_point> speeds_told_;
  double wait_ = 0; ///< seconds that the target's queue took when it told
  std::optional<time_point> told_;
  double penalty_ = 0; ///< seconds
  time_point penalty_at_{};
  std::vector<lack> lacks_;
};

} // namespace weft
