#include "tests/node/model/some_manifest.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <variant>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

/// Nodes that fetch from one that has the model, all at the same time, in virtual time: a piece takes a node 10 ms to
/// send, and a node sends to several in turn. Any of them may be killed.
struct broadcast_world {
  static constexpr auto piece_time = 10ms;
  struct node {
    std::optional<fetch_core> core;
    std::vector<bool> pieces;
    std::optional<fetch_pieces> leg;
    uint32_t leg_got = 0;
    uint32_t sent = 0;
    bool up = true;
    bool done = false;
  };

  broadcast_world(int count, uint32_t pieces) : manifest(make_manifest(pieces)) {
    for (int i = 0; i < count; ++i) {
      auto& it = nodes[name(i)];
      it.pieces.assign(places_of(manifest).size(), i == 0);
      if (i > 0)
        it.core.emplace(fetch_options{.model = "m", .addresses = {"peer of " + name(0)}}, now);
    }
  }
  static std::string name(int i) { return "n" + std::to_string(i); }

  /// Decides until it fetches, waits or is done.
  void decide(const std::string& self, node& it) {
    while (!it.leg && !it.done) {
      auto step = it.core->next(now);
      if (std::holds_alternative<ask_directory>(step))
        it.core->directory_answered("peer of n0", list{"n0"});
      else if (const auto* ask = std::get_if<ask_model>(&step))
        (void)it.core->model_answered(now, ask->address, model_offer{manifest, announce(self)});
      else if (const auto* leg = std::get_if<fetch_pieces>(&step))
        begin_leg(it, *leg);
      else if (std::holds_alternative<install_model>(step))
        it.done = true;
      else if (std::holds_alternative<wait_until>(step))
        return;
      else
        FAIL("gave up");
    }
  }
  static void begin_leg(node& it, const fetch_pieces& leg) {
    it.leg = leg;
    it.leg_got = 0;
  }
  list announce(const std::string& self) {
    auto at = std::ranges::find(order, self);
    if (at == order.end())
      at = order.insert(order.end(), self);
    list out{order.begin(), at};
    std::ranges::reverse(out);
    return out;
  }
  /// Every node sends one piece to each that reads from it and can have one; takes as long as the busiest one.
  void turn() {
    std::map<std::string, uint32_t> sent;
    std::vector<std::pair<node*, uint32_t>> arrived;
    for (auto& [self, it] : nodes) {
      if (!it.core || !it.up || it.done)
        continue;
      decide(self, it);
      if (!it.leg)
        continue;
      auto& source = nodes.at(it.leg->address);
      const auto piece = it.leg->first + it.leg_got;
      if (!source.up) {
        end(it, gone);
      } else if (it.leg_got == it.leg->count) {
        end(it, ok);
      } else if (source.pieces[piece]) {
        arrived.emplace_back(&it, piece);
        ++sent[it.leg->address];
        ++source.sent;
      }
    }
    uint32_t busiest = 1;
    for (const auto& [self, count] : sent)
      busiest = std::max(busiest, count);
    now += piece_time * busiest;
    for (const auto& [it, piece] : arrived) {
      REQUIRE(it->core->piece_came(now, it->leg->address, piece, it->core->places()[piece].bytes,
                                   digest_of(manifest, it->core->places()[piece])));
      it->core->have(now, piece, it->leg->address);
      it->pieces[piece] = true;
      ++it->leg_got;
    }
  }
  void end(node& it, const status& how) {
    it.core->pieces_ended(now, it.leg->address, how);
    it.leg.reset();
  }
  bool all_done() const {
    return std::ranges::all_of(nodes,
                               [](const auto& it) { return !it.second.core || !it.second.up || it.second.done; });
  }

  time_point now{};
  model_manifest manifest;
  std::map<std::string, node> nodes;
  list order;
};

} // namespace

TEST_CASE("nodes that start together get the model in little more than the time of one, and its owner sends it once") {
  for (const int count : {2, 3, 5, 9}) {
    CAPTURE(count);
    broadcast_world world{count, 86};
    while (!world.all_done())
      world.turn();
    const auto pieces = static_cast<uint32_t>(places_of(world.manifest).size());
    CHECK(world.nodes["n0"].sent == pieces);
    for (const auto& [self, it] : world.nodes)
      CHECK(it.sent <= pieces);
    // One after the other would take (count - 1) times the first.
    const auto alone = pieces * broadcast_world::piece_time;
    CHECK(world.now - time_point{} <= alone * 11 / 10 + (count + 12) * broadcast_world::piece_time);
  }
}

TEST_CASE("whoever is killed in mid transfer, the others end with every piece") {
  for (uint32_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    broadcast_world world{6, 40};
    const auto victim = broadcast_world::name(1 + static_cast<int>(random() % 5));
    const auto when = random() % 50;
    for (uint32_t i = 0; !world.all_done(); ++i) {
      REQUIRE(i < 10'000);
      if (i == when)
        world.nodes[victim].up = false;
      world.turn();
    }
    for (const auto& [self, it] : world.nodes)
      CHECK((!it.up || std::ranges::all_of(it.pieces, [](bool there) { return there; })));
  }
}
