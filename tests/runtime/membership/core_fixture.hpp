#pragma once

#include "runtime/membership/membership_core.hpp"
#include "tests/runtime/membership/claims.hpp"

#include <doctest/doctest.h>

namespace weft::claims {

/// Node 1, which has joined `others` members 2, 3, …, driven as an actor would drive it.
struct core_fixture {
  explicit core_fixture(uint64_t others = 3, membership_options options = {})
      : core(options, {node_id{1}, boot_epoch{1}, profile(1)}, 1) {
    core.join({"n2:7701"}, now, out);
    if (others > 0)
      receive(from(2, reply(others)), "n2:7701");
    out.clear();
  }
  static sync_reply reply(uint64_t others) {
    sync_reply made;
    made.claim.cluster_id = "weft";
    for (uint64_t node = 2; node < 2 + others; ++node)
      made.records.push_back(record({.node = node}));
    return made;
  }
  void receive(peer_message message, std::string_view from = "somewhere:1") {
    core.receive(std::move(message), from, now, out);
  }
  void hear(const claim& what) { receive(from(2, gossip{}, {update(what)})); }
  /// Until that much later, ticking when the core asks for it.
  void pass(duration time) {
    auto end = now + time;
    while (core.next_wake() <= end) {
      now = std::max(now, core.next_wake());
      core.tick(now, out);
    }
    now = end;
  }
  /// Until the core probes the node; answers all others.
  ping await_probe(uint64_t node) {
    for (int i = 0; i < 1'000; ++i) {
      out.clear();
      pass(core.next_wake() - now);
      for (auto& message : sent<ping>(out)) {
        auto probe = std::get<ping>(message.message.body);
        if (message.node == node_id{node})
          return probe;
        receive(from(static_cast<uint64_t>(message.node), ack{probe.sequence, probe.target}));
      }
    }
    FAIL("no probe");
    return {};
  }
  member_state state(uint64_t node) const { return core.members().get(node_id{node})->record.state; }

  time_point now = time_point{} + std::chrono::hours{1};
  effect_list out;
  membership_core core;
};

} // namespace weft::claims
