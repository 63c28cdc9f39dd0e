#pragma once

#include "runtime/compute/collective/device_collective.hpp"
#include "runtime/compute/collective/linked_collective.hpp"
#include "runtime/compute/collective/thread_group.hpp"
#include "tests/support/fake_device_ranks.hpp"
#include "tests/support/faulty_rank_net.hpp"
#include "tests/support/memory_rank_net.hpp"
#include "tests/support/rank_threads.hpp"

#include <chrono>
#include <cstdint>
#include <memory>

namespace weft {

// The implementations of the port that need no device, made alike: the contract's tests run on each.

struct thread_world {
  static rank_ends make(uint32_t ranks, uint64_t epoch = 0) { return make_thread_group(ranks, epoch); }
};

struct linked_world {
  static rank_ends make(uint32_t ranks, uint64_t epoch = 0) {
    const auto net = memory_rank_net::make(ranks);
    rank_ends out;
    for (uint32_t rank = 0; rank < ranks; ++rank)
      out.push_back(std::make_unique<linked_collective>(collective_group{epoch, rank, ranks}, net->link(rank)));
    return out;
  }
};

/// Over devices that are fakes, with links beside them; they have formed.
struct device_world {
  static rank_ends make(uint32_t ranks, uint64_t epoch = 0) {
    const auto fabric = std::make_shared<fake_device_fabric>();
    rank_ends out;
    for (auto& host : linked_world::make(ranks, epoch)) {
      auto device = fabric->device(host->group().rank);
      out.push_back(std::make_unique<device_collective>(std::move(host), std::move(device)));
    }
    on_each_rank<bool>(out, [](collective& end) { return bool(end.barrier(std::chrono::seconds{20})); });
    return out;
  }
};

/// Ends over links with faults; the net must outlive them.
inline rank_ends make_faulty_ends(faulty_rank_net& net, uint32_t ranks, uint64_t epoch = 0) {
  rank_ends out;
  for (uint32_t rank = 0; rank < ranks; ++rank)
    out.push_back(std::make_unique<linked_collective>(collective_group{epoch, rank, ranks}, net.link(rank),
                                                      linked_options{.piece_bytes = 4096}));
  return out;
}

// For TEST_CASE_TEMPLATE.
#define WEFT_WORLDS weft::thread_world, weft::linked_world, weft::device_world

} // namespace weft
