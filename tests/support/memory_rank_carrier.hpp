#pragma once

#include "runtime/ports/rank_carrier.hpp"
#include "tests/support/faulty_rank_net.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace weft {

/// Ranks of several nodes in one process: seats of one communicator (job, epoch, formation) meet over a
/// faulty_rank_net, where a node can be killed. Nodes are known by their data addresses. Ranks of two formations of one
/// epoch never meet here, and wait for each other until their patience is over. Thread-safe.
class memory_rank_hub : public std::enable_shared_from_this<memory_rank_hub> {
public:
  static std::shared_ptr<memory_rank_hub> make(uint64_t seed = 1) {
    return std::shared_ptr<memory_rank_hub>(new memory_rank_hub(seed));
  }

  /// The carrier of the node at this address; keeps the hub alive, as ends do.
  std::shared_ptr<rank_carrier> carrier(std::string address);

  /// The node's process ends: its ranks are cut off, the others are told, and from now on nobody reaches this address
  /// until it is revived.
  void kill(const std::string& address);
  void revive(const std::string& address);

  /// Seats that were taken, of all nodes.
  size_t joined() const;

private:
  struct key {
    job_id job;
    uint64_t epoch = 0;
    uint64_t formation = 0;
    auto operator<=>(const key&) const = default;
  };
  struct meeting {
    std::weak_ptr<faulty_rank_net> net; ///< lives as long as an end of it
    std::vector<std::string> addresses;
  };
  class node_carrier;
  explicit memory_rank_hub(uint64_t seed) : seed_(seed) {}
  result<std::unique_ptr<collective>> join(const std::string& address, const rank_seat& seat);
  std::shared_ptr<faulty_rank_net> net_of(const key& of, const rank_seat& seat);

  const uint64_t seed_;
  mutable std::mutex mutex_; // guards the rest
  std::map<key, meeting> meetings_;
  std::set<std::pair<key, uint32_t>> taken_;
  std::set<std::string> dead_;
};

} // namespace weft
