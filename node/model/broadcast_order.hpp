#pragma once

#include "runtime/base/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace weft {

/// Who fetches from whom: the nodes that fetch a model, in the order in which they came, are a chain; each gets its
/// pieces from the one before it, so that a node sends every piece once, however many fetch at the same time. Kept by
/// each node that describes the model. Not thread-safe; told the time.
class broadcast_order {
public:
  struct options {
    uint32_t nodes_max = 64;                   ///< further ones are told whom to ask, and nobody is sent to them
    uint32_t upstream_max = 3;                 ///< told to one node: who goes on when the nearest one is gone
    duration lease = std::chrono::seconds{30}; ///< who was silent for so long is out
  };
  broadcast_order() : broadcast_order(options{}) {}
  explicit broadcast_order(const options& o) : options_(o) {}

  /// A node fetches, or still does, and passes pieces on at this address ("": it does not). Returns those that came
  /// before it, the nearest first.
  std::vector<std::string> announce(const std::string& address, time_point now);

private:
  struct entry {
    std::string address;
    time_point seen{};
  };
  options options_;
  std::vector<entry> entries_; ///< in the order in which they came
};

} // namespace weft
