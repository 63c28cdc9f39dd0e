#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>

namespace weft::cli {

/// Decides whether and when a call that failed with UNAVAILABLE is tried again. Every endpoint has its turn before
/// anything waits; then comes a pause of 200 ms · 2^round ± 20 %, or longer where a node asked for it. After so many
/// rounds without any progress (three, unless said otherwise) the caller gives up. Not thread-safe.
/// REQUIRES: endpoints > 0, 0 < rounds <= 16.
class retry_policy {
public:
  retry_policy(size_t endpoints, uint64_t seed, size_t rounds = rounds_max);

  struct step {
    bool again = false;
    std::chrono::milliseconds wait{};
  };

  /// After a failed attempt. retry_after: the node's wish; negative means never.
  step failed(std::optional<std::chrono::milliseconds> retry_after);

  /// Something was answered: the count starts anew.
  void progressed() { attempts_ = 0; }

  static constexpr size_t rounds_max = 3;
  static constexpr std::chrono::milliseconds wait_first{200};
  /// A node's wish beyond this ends the command instead: a person waits better knowingly.
  static constexpr std::chrono::milliseconds wait_max{10000};

private:
  size_t endpoints_;
  size_t rounds_;
  size_t attempts_ = 0;
  std::chrono::milliseconds wish_{}; ///< the longest of this round
  std::minstd_rand random_;
};

} // namespace weft::cli
