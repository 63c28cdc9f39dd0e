#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"
#include "runtime/ports/collective.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

namespace weft {

/// A worker that may be a rank. One that is restarted gets a new number, and its node a new boot epoch: what died never
/// comes back under its old name.
struct group_worker {
  node_id node{};
  boot_epoch boot{};
  uint64_t number = 0; ///< of the worker in its node's process

  auto operator<=>(const group_worker&) const = default;
};

/// Who takes part in one epoch of a communicator.
struct group_formation {
  uint64_t epoch = 0;
  std::vector<group_worker> ranks; ///< ascending: rank r is ranks[r]

  bool operator==(const group_formation&) const = default;

  /// Stands for the epoch and its ranks: another formation has another one, but for a chance of 2^-64.
  uint64_t fingerprint() const noexcept;

  /// A worker's place, with the fingerprint; nothing when it takes no part.
  std::optional<collective_group> place_of(const group_worker& worker) const;
};

/// Which formation of one communicator holds on a node. Whoever leads the job forms (runtime/corpus_job: one above
/// epoch_seen()), each node that takes part adopts what it is told. Two that form at the same time do no harm: each
/// node adopts one formation of an epoch, the first that it hears of, and whoever is refused must go higher. Nodes that
/// adopted different ones may try to meet: their ranks have different fingerprints, by which they refuse each other
/// before a value moves.
/// Owned by the device group's actor; not thread-safe. No clock, no chance.
class regroup {
public:
  struct options {
    uint32_t ranks_max = collective_ranks_max; ///< formations with more are refused
  };

  /// Epochs beyond are refused, and those that are more than a step above the highest that was seen, although nobody
  /// forms as often: one wrong message must not use them up.
  static constexpr uint64_t epoch_max = 1ULL << 62;
  static constexpr uint64_t epoch_step_max = 1ULL << 32;

  regroup() : regroup(options{}) {}
  /// REQUIRES: 0 < ranks_max <= collective_ranks_max.
  explicit regroup(options limits);

  /// Takes a formation as the present one, of this node or another. The present one again is fine.
  /// errc::unavailable: its epoch is over, or belongs to another formation: form again, above epoch_seen().
  /// errc::invalid_argument: not a formation (empty, too large, not ascending, an epoch out of range).
  status adopt(group_formation formation);

  /// Another node refused an epoch, or a frame told of a higher one. What is out of range changes nothing.
  void saw(uint64_t epoch) noexcept;

  /// The present formation; nullptr: there is none, or a higher epoch was seen.
  const group_formation* present() const noexcept { return present_ ? &*present_ : nullptr; }
  uint64_t epoch_seen() const noexcept { return epoch_seen_; }

private:
  bool is_in_range(uint64_t epoch) const noexcept;

  const options limits_;
  std::optional<group_formation> present_;
  uint64_t epoch_seen_ = 0; // epochs begin with 1: 0 is before the first
};

} // namespace weft
