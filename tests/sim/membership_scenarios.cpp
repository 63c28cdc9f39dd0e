#include "tests/sim/membership_scenarios.hpp"

#include <vector>

namespace weft::sim {
namespace {

using namespace std::chrono_literals;

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
