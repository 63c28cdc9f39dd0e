#pragma once

#include "tests/sim/sim_world.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

namespace weft::sim {

/// What a network does to messages. Delay: delay_min plus up to delay_spread, which reorders what is sent closely
/// together; a `straggler` takes up to straggler_spread instead.
struct network_faults {
  double loss = 0;
  double duplicate = 0;
  double straggler = 0;
  std::chrono::microseconds delay_min{500};
  std::chrono::microseconds delay_spread{1'000};
  std::chrono::microseconds straggler_spread{300'000};
};

/// A seeded network between numbered endpoints: loss, delay, reordering, duplicates, and cuts by groups, each in one
/// direction. What is on its way when a cut begins arrives. Independent of what the messages are.
template <class Message> class sim_network final : public sim_process {
public:
  static constexpr size_t groups_max = 16;

  class receiver {
  public:
    virtual ~receiver() = default;
    virtual void deliver(uint32_t from, uint32_t to, Message message) = 0;
  };

  sim_network(sim_world& world, receiver& to, uint32_t endpoints) : world_(world), receiver_(to), group_(endpoints) {}

  void set_faults(const network_faults& faults) { faults_ = faults; }
  void set_group(uint32_t endpoint, uint8_t group) { group_[endpoint] = group; }
  /// Nothing sent in group `from` reaches group `to`. Both directions are cut by two calls.
  void cut(uint8_t from, uint8_t to, bool is_cut = true) { cut_[from][to] = is_cut; }
  void heal() { cut_ = {}; }

  /// `kind` goes into the trace.
  void send(uint32_t from, uint32_t to, Message message, uint32_t kind) {
    ++sent_;
    auto& random = world_.random();
    bool lost = cut_[group_[from]][group_[to]] || (faults_.loss > 0 && random.chance(faults_.loss));
    world_.trace((uint64_t{from} << 40) ^ (uint64_t{to} << 16) ^ (uint64_t{kind} << 8) ^ uint64_t{lost});
    if (lost) {
      ++lost_;
      return;
    }
    if (faults_.duplicate > 0 && random.chance(faults_.duplicate))
      put(from, to, Message{message});
    put(from, to, std::move(message));
  }

  /// The time that a message takes there, or a message and its echo would take twice.
  duration delay() {
    auto& random = world_.random();
    bool late = faults_.straggler > 0 && random.chance(faults_.straggler);
    return faults_.delay_min + random.within(late ? faults_.straggler_spread : faults_.delay_spread);
  }

  uint64_t sent() const noexcept { return sent_; }
  uint64_t lost() const noexcept { return lost_; }

  void wake(uint64_t slot) override {
    auto flight = std::move(flights_[slot]);
    free_.push_back(slot);
    world_.trace((uint64_t{flight.to} << 20) ^ static_cast<uint64_t>(world_.now().time_since_epoch().count()));
    receiver_.deliver(flight.from, flight.to, std::move(flight.message));
  }

private:
  struct in_flight {
    uint32_t from = 0;
    uint32_t to = 0;
    Message message;
  };

  void put(uint32_t from, uint32_t to, Message message) {
    if (free_.empty()) {
      free_.push_back(flights_.size());
      flights_.emplace_back();
    }
    auto slot = free_.back();
    free_.pop_back();
    flights_[slot] = {from, to, std::move(message)};
    world_.after(delay(), *this, slot);
  }

  sim_world& world_;
  receiver& receiver_;
  network_faults faults_;
  std::vector<uint8_t> group_;
  std::array<std::array<bool, groups_max>, groups_max> cut_{};
  std::vector<in_flight> flights_;
  std::vector<uint64_t> free_;
  uint64_t sent_ = 0;
  uint64_t lost_ = 0;
};

} // namespace weft::sim
