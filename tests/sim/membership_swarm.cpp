#include "tests/sim/membership_swarm.hpp"

#include "tests/sim/membership_cluster.hpp"
#include "tests/sim/membership_scenarios.hpp"

namespace weft::sim {
namespace {

using namespace std::chrono_literals;

/// Somebody believes in an epoch or an incarnation of `node` that does not exist.
std::string invented(membership_cluster& cluster, uint32_t viewer, uint32_t node) {
  const auto* known = cluster.core(viewer).members().get(cluster.id(node));
  if (known == nullptr)
    return {};
  const auto& own = cluster.core(node).self();
  const auto& claim = known->record;
  if (claim.epoch < own.epoch || (claim.epoch == own.epoch && claim.incarnation <= own.incarnation))
    return {};
  return "node " + std::to_string(viewer) + " believes in incarnation " + std::to_string(claim.incarnation) +
         " of node " + std::to_string(node) + ", which is at " + std::to_string(own.incarnation);
}

std::string check_safety(membership_cluster& cluster) {
  for (uint32_t viewer = 0; viewer < cluster.size(); ++viewer) {
    if (!cluster.running(viewer))
      continue;
    for (uint32_t node = 0; node < cluster.size(); ++node)
      if (auto problem = invented(cluster, viewer, node); !problem.empty())
        return problem;
  }
  return {};
}

network_faults random_faults(random_source& random) {
  network_faults faults;
  faults.loss = random.chance(0.5) ? random.unit() * 0.1 : 0;
  faults.duplicate = random.chance(0.3) ? random.unit() * 0.1 : 0;
  faults.straggler = random.chance(0.3) ? random.unit() * 0.1 : 0;
  return faults;
}

void random_cut(membership_cluster& cluster) {
  auto& random = cluster.world().random();
  auto& network = cluster.network();
  network.heal();
  if (random.chance(0.5))
    return;
  for (uint32_t node = 0; node < cluster.size(); ++node)
    network.set_group(node, static_cast<uint8_t>(random.below(2)));
  network.cut(0, 1);
  network.cut(1, 0, random.chance(0.7));
}

/// One mishap; a third of the nodes stays up at least.
void strike(membership_cluster& cluster) {
  auto& random = cluster.world().random();
  auto node = random.below(cluster.size());
  uint32_t running = 0;
  for (uint32_t other = 0; other < cluster.size(); ++other)
    running += cluster.state(other) == host_state::up;
  switch (random.below(7)) {
  case 0:
    if (cluster.running(node) && running > cluster.size() / 3 + 1)
      cluster.crash(node, random.chance(0.5));
    return;
  case 1:
    if (!cluster.running(node) && !cluster.working(node))
      cluster.start(node, {0, 1, 2});
    return;
  case 2:
    return cluster.pause(node, random.within(duration{6s}));
  case 5:
    if (cluster.state(node) == host_state::up && running > cluster.size() / 3 + 1)
      cluster.leave(node);
    return;
  case 3:
    return random_cut(cluster);
  case 4:
    return cluster.network().set_faults(random_faults(random));
  default:
    if (cluster.state(node) == host_state::up)
      cluster.set_local(node, {random.chance(0.1) ? member_phase::draining : member_phase::serving,
                               static_cast<node_health>(random.below(3)), static_cast<uint8_t>(random.below(16))});
  }
}

} // namespace

swarm_result run_swarm(uint64_t seed) {
  random_source choice{seed};
  swarm_result result;
  result.nodes = 3 + choice.below(choice.chance(0.7) ? 10 : 45);
  membership_cluster cluster{seed, result.nodes};
  auto& world = cluster.world();
  if (choice.chance(0.5))
    cluster.start_all_acquainted();
  else
    for (uint32_t node = 0; node < result.nodes; ++node)
      cluster.start(node, {0, 1, 2});
  for (int second = 0; second < 60 && result.problem.empty(); ++second) {
    for (auto strikes = world.random().below(3); strikes > 0; --strikes)
      strike(cluster);
    world.run_for(1s);
    result.problem = check_safety(cluster);
  }
  cluster.network().heal();
  cluster.network().set_faults({});
  // A node that starts while no seed and nobody it remembers is up is alone until one is.
  world.run_for(3s); // whoever leaves is gone then
  if (!cluster.running(0) && !cluster.running(1) && !cluster.running(2))
    cluster.start(0, {1, 2});
  world.run_for(3s); // the last pause ends
  auto start = world.now();
  bool healed = world.run_until([&] { return cluster.views_are_true(); }, 24s, 100ms);
  result.healed_seconds = seconds(world.now() - start) + 6;
  if (result.problem.empty() && !healed)
    result.problem = "views still differ 30 s after the last fault";
  if (result.problem.empty())
    result.problem = check_safety(cluster);
  result.hash = world.trace_hash();
  return result;
}

} // namespace weft::sim
