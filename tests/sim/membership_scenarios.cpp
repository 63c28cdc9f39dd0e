#include "tests/sim/membership_scenarios.hpp"

#include <algorithm>
#include <vector>

namespace weft::sim {
namespace {

using namespace std::chrono_literals;

/// Links that flap by their own clocks; the network knows eight groups.
constexpr uint32_t few_links = 5;

/// Does something again and again for numbered nodes.
template <class Act> class repeated final : public sim_process {
public:
  explicit repeated(Act act) : act_(std::move(act)) {}
  void wake(uint64_t token) override { act_(*this, static_cast<uint32_t>(token)); }

private:
  Act act_;
};

} // namespace

crash_figures crash_one(uint64_t seed, uint32_t nodes, bool refuses) {
  membership_cluster cluster{seed, nodes};
  auto& world = cluster.world();
  cluster.start_all_acquainted();
  world.run_for(5s + world.random().within(duration{2s}));
  auto victim = world.random().below(nodes);
  cluster.crash(victim, refuses);
  cluster.watch(victim);
  world.run_until([&] { return cluster.time_to_know(1.0) != duration::max(); }, 40s);
  return {cluster.time_to_know(1e-9), cluster.time_to_know(0.99), cluster.time_to_know(1.0), cluster.wrong(),
          world.trace_hash()};
}

traffic_figures quiet(uint64_t seed, uint32_t nodes, double loss, duration time) {
  membership_cluster cluster{seed, nodes};
  auto& world = cluster.world();
  cluster.start_all_acquainted();
  world.run_for(5s);
  network_faults faults;
  faults.loss = loss;
  cluster.network().set_faults(faults);
  auto before = cluster.messages_sent();
  world.run_for(time);
  traffic_figures figures;
  figures.messages = static_cast<double>(cluster.messages_sent() - before) / seconds(time) / nodes;
  cluster.network().set_faults({});
  world.run_for(5s);
  figures.wrong = cluster.wrong();
  figures.true_views = cluster.views_are_true();
  for (uint32_t node = 0; node < nodes; ++node)
    figures.suspicions += cluster.core(node).counters().probes_failed;
  figures.hash = world.trace_hash();
  return figures;
}

traffic_figures stalls(uint64_t seed, uint32_t nodes, double share, duration time) {
  membership_cluster cluster{seed, nodes};
  auto& world = cluster.world();
  cluster.start_all_acquainted();
  world.run_for(5s);
  bool on = true;
  repeated stall{[&](sim_process& self, uint32_t node) {
    if (!on)
      return;
    auto stop = world.random().within(duration{3s});
    cluster.pause(node, stop);
    world.after(stop + world.random().within(duration{10s}), self, node);
  }};
  auto stalling = static_cast<uint32_t>(nodes * share);
  for (uint32_t i = 0; i < stalling; ++i)
    world.after(world.random().within(duration{5s}), stall, i * (nodes / stalling));
  auto before = cluster.messages_sent();
  world.run_for(time);
  traffic_figures figures;
  figures.messages = static_cast<double>(cluster.messages_sent() - before) / seconds(time) / nodes;
  on = false;
  world.run_for(20s); // every planned stall comes and goes
  figures.wrong = cluster.wrong();
  figures.true_views = cluster.views_are_true();
  for (uint32_t node = 0; node < nodes; ++node)
    figures.suspicions += cluster.core(node).counters().probes_failed;
  figures.hash = world.trace_hash();
  return figures;
}

heal_figures part_and_heal(uint64_t seed, uint32_t nodes, cut_kind kind, duration time) {
  membership_cluster cluster{seed, nodes};
  auto& world = cluster.world();
  auto& network = cluster.network();
  cluster.start_all_acquainted();
  world.run_for(5s);
  for (uint32_t node = 0; node < nodes; ++node)
    network.set_group(node, node < nodes / 2 ? 0 : 1);
  auto end = world.now() + time;
  for (bool cut = true; world.now() < end; cut = kind == cut_kind::flapping ? !cut : true) {
    network.cut(0, 1, cut);
    network.cut(1, 0, cut && kind != cut_kind::one_way);
    world.run_for(3s);
  }
  heal_figures figures;
  figures.parted = !cluster.views_are_true();
  network.heal();
  auto start = world.now();
  bool healed = world.run_until([&] { return cluster.views_are_true(); }, 120s, 100ms);
  figures.healed = healed ? world.now() - start : duration::max();
  figures.hash = world.trace_hash();
  return figures;
}

flap_figures flap(uint64_t seed, uint32_t nodes, flap_kind kind, duration period_min, duration period_max,
                  duration time) {
  membership_cluster cluster{seed, nodes};
  auto& world = cluster.world();
  auto& network = cluster.network();
  cluster.start_all_acquainted();
  world.run_for(5s);
  auto links = kind == flap_kind::few_nodes ? few_links : 1u;
  for (uint32_t node = 0; node < nodes; ++node) {
    auto apart = kind == flap_kind::few_nodes ? 1 + node % links : 1;
    auto share = kind == flap_kind::few_nodes ? std::max(nodes / 10, 1u) : nodes / 2;
    network.set_group(node, node < share ? static_cast<uint8_t>(apart) : 0);
  }
  flap_figures figures;
  std::vector<char> cut(links);
  bool on = true;
  repeated turn{[&](sim_process& self, uint32_t link) {
    if (!on)
      return;
    cut[link] = !cut[link];
    figures.flaps += cut[link];
    bool both = kind != flap_kind::one_way;
    bool inward = world.random().chance(0.5);
    auto group = static_cast<uint8_t>(link + 1);
    for (uint8_t other = 0; other <= links; ++other) {
      if (other == group)
        continue;
      bool elsewhere = other > 0 && cut[other - 1]; // the other end's own link decides as well
      network.cut(other, group, elsewhere || (cut[link] && (both || inward)));
      network.cut(group, other, elsewhere || (cut[link] && (both || !inward)));
    }
    world.after(period_min + world.random().within(period_max - period_min), self, link);
  }};
  for (uint32_t link = 0; link < links; ++link)
    world.after(world.random().within(period_max), turn, link);
  world.run_for(time);
  // It stops at a bad moment, if there is one: otherwise the views would often be true by then.
  figures.parted = world.run_until([&] { return cluster.share_true() < 0.5; }, 60s, 100ms);
  on = false;
  network.heal();
  figures.deaths = cluster.wrong().events;
  auto start = world.now();
  bool healed = world.run_until([&] { return cluster.views_are_true(); }, 120s, 100ms);
  figures.healed = healed ? world.now() - start : duration::max();
  world.run_for(period_max); // the turn that was planned still comes
  figures.hash = world.trace_hash();
  return figures;
}

start_figures cold_start(uint64_t seed, uint32_t nodes) {
  membership_cluster cluster{seed, nodes};
  auto& world = cluster.world();
  repeated begin{[&](sim_process&, uint32_t node) { cluster.start(node, {0, 1, 2}); }};
  for (uint32_t node = 0; node < nodes; ++node)
    world.after(world.random().within(duration{1s}), begin, node);
  world.run_for(1s);
  bool ready = world.run_until([&] { return cluster.views_are_true(); }, 120s, 100ms);
  return {ready ? world.elapsed() : duration::max(), static_cast<double>(cluster.messages_sent()) / nodes,
          cluster.wrong(), world.trace_hash()};
}

} // namespace weft::sim
