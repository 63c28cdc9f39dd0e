#include "tests/sim/jobs_swarm.hpp"

#include "tests/sim/jobs_clients.hpp"
#include "tests/sim/sim_device_groups.hpp"

#include <string>
#include <utility>

namespace weft::sim {
namespace {

using namespace std::chrono_literals;

/// A coordinator that was refused often pauses for a minute at most; of corpora for which nodes have no room one comes
/// after the other.
constexpr duration corpora_end_within = 3min;

double seconds_of(duration time) {
  return std::chrono::duration<double>(time).count();
}

/// What this life may lose for good. Two copies are synced before an acknowledgement, so one node may lose its own.
enum class loss_kind : uint8_t { nothing, disk, records };

struct life {
  life(uint64_t seed, uint32_t nodes, jobs_options options)
      : cluster(seed, nodes, std::move(options)), devices(cluster), clients(cluster, devices),
        loss(static_cast<loss_kind>(random().below(3))), unlucky(random().below(nodes)) {
    devices.step_time = 20ms + random().within(500ms);
    devices.set_faults(0.005, 0.02);
  }

  random_source& random() { return cluster.world().random(); }
  uint32_t nodes_up() const {
    uint32_t count = 0;
    for (uint32_t node = 0; node < cluster.size(); ++node)
      count += cluster.up(node);
    return count;
  }
  void crash(uint32_t node, bool refuses) {
    cluster.crash(node, refuses);
    clients.node_gone(node);
  }

  jobs_cluster cluster;
  sim_device_groups devices;
  jobs_clients clients;
  loss_kind loss;
  uint32_t unlucky; ///< the node that may lose something
  uint32_t faults = 0;
};

network_faults random_faults(random_source& random) {
  network_faults faults;
  faults.loss = random.chance(0.3) ? random.unit() * 0.05 : 0;
  faults.duplicate = random.chance(0.4) ? random.unit() * 0.2 : 0;
  faults.straggler = random.chance(0.4) ? random.unit() * 0.3 : 0;
  if (random.chance(0.3)) // clogged
    faults.straggler_spread = 3s;
  return faults;
}

/// Two sides, or one node and the rest; both ways or one way.
void random_cut(life& it) {
  auto& random = it.random();
  const auto nodes = it.cluster.size();
  it.cluster.heal_links();
  if (random.chance(0.3))
    return;
  uint32_t side = 1u << random.below(nodes);
  if (random.chance(0.5))
    side = random.below(1u << nodes);
  const bool both = random.chance(0.7);
  for (uint32_t a = 0; a < nodes; ++a)
    for (uint32_t b = 0; b < nodes; ++b)
      if (((side >> a) & 1) != 0 && ((side >> b) & 1) == 0) {
        it.cluster.cut(a, b);
        it.cluster.cut(b, a, both);
      }
}

void lose_something(life& it) {
  const auto node = it.unlucky;
  if (it.loss == loss_kind::disk) {
    if (it.cluster.up(node))
      it.crash(node, it.random().chance(0.5));
    it.cluster.disk(node).wipe();
    it.loss = loss_kind::nothing;
  } else if (it.loss == loss_kind::records) {
    const bool shows_at_start = it.random().chance(0.3);
    if (shows_at_start && it.cluster.up(node))
      it.crash(node, it.random().chance(0.5));
    for (auto left = 1 + it.random().below(3); left > 0; --left)
      if (shows_at_start)
        it.cluster.disk(node).lose_record(it.random());
      else
        it.cluster.disk(node).damage(it.random());
  }
}

/// One mishap; one node stays up at least.
void strike(life& it) {
  auto& random = it.random();
  const auto node = random.below(it.cluster.size());
  ++it.faults;
  switch (random.below(14)) {
  case 0:
  case 1:
    if (it.cluster.up(node) && it.nodes_up() > 1)
      it.crash(node, random.chance(0.6));
    return;
  case 2:
  case 3:
  case 4:
    if (!it.cluster.up(node))
      it.cluster.start(node);
    return;
  case 5:
  case 6:
    return random_cut(it);
  case 7:
    it.cluster.set_corruption(random.chance(0.3) ? random.unit() * 0.1 : 0);
    return it.cluster.network().set_faults(random_faults(random));
  case 8:
    it.cluster.disk(node).full = random.chance(0.5);
    return;
  case 9:
    if (random.chance(0.5))
      it.cluster.stall_engine(node, random.within(duration{8s}));
    else
      it.cluster.set_disk_delay(node, random.within(duration{random.chance(0.2) ? 500ms : 10ms}));
    return;
  case 10:
    return it.clients.cut_one();
  case 12:
    return it.cluster.set_condition(node, random.chance(0.5) ? member_condition::draining : member_condition::serving);
  case 11:
    if (it.cluster.up(node) && !it.cluster.paused(node))
      it.cluster.pause(node, random.within(duration{random.chance(0.3) ? 20s : 3s}));
    return;
  default:
    return lose_something(it);
  }
}

void end_faults(life& it) {
  it.cluster.heal_links();
  it.cluster.network().set_faults({});
  it.cluster.set_corruption(0);
  it.devices.set_faults(0, 0);
  for (uint32_t node = 0; node < it.cluster.size(); ++node) {
    it.cluster.disk(node).full = false;
    it.cluster.set_disk_delay(node, 2ms);
    it.cluster.wake_up(node);
    it.cluster.set_condition(node, member_condition::serving);
    if (!it.cluster.up(node))
      it.cluster.start(node);
  }
}

corpus_options random_corpus(random_source& random) {
  corpus_options options;
  options.clusters = random.below(8);
  options.iterations_max = 1 + random.below(12);
  options.seed = random.next();
  options.duplicate_similarity = random.chance(0.7) ? 9'800 : 0;
  options.duplicate_group_items = group_items_least + random.below(64);
  options.extract_tokens = random.chance(0.7) ? 200 : 0;
  return options;
}

job_plan random_plan(life& it, uint32_t number) {
  auto& random = it.random();
  job_plan plan;
  plan.request_id = "job-" + std::to_string(number);
  if (random.chance(0.3))
    plan.corpus = random_corpus(random);
  const auto most = plan.corpus || random.chance(0.3) ? 1'500 : 500; // of several segments corpora have several ranks
  const auto count = 1 + random.below(random.chance(0.2) ? 5 : most);
  if (plan.corpus && random.chance(0.1))
    plan.breaks_at = static_cast<corpus_step>(random.below(static_cast<uint32_t>(corpus_step::done)));
  plan.texts = random_texts(random, std::to_string(number), count, plan.corpus.has_value());
  if (plan.corpus && random.chance(0.03)) // one without a vector
    for (auto& text : plan.texts)
      text.insert(0, "bad ");
  if (random.chance(0.1))
    for (uint32_t large = 0; large < 10; ++large) // segments by their bytes
      plan.texts[random.below(count)].resize(100'000 + random.below(900'000), 'x');
  plan.priority = static_cast<priority>(random.below(priority_count));
  if (random.chance(0.2))
    plan.synced = 2 + random.below(2);
  if (random.chance(0.2))
    plan.leaves_at = 1 + random.below(count);
  plan.cancels = !plan.leaves_at && random.chance(0.05);
  if (random.chance(0.1))
    plan.retention = 1s + random.within(20'000ms);
  plan.reads_early = random.chance(0.3);
  return plan;
}

void heal(life& it, jobs_swarm_result& result) {
  end_faults(it);
  auto& world = it.cluster.world();
  const auto healed = world.now();
  const auto wrong = [&](const std::string& what) {
    if (result.problem.empty())
      result.problem = it.clients.problem().empty() ? what : it.clients.problem();
  };
  const bool equal =
      world.run_until([&] { return it.cluster.views_are_true() && it.cluster.tables_are_equal(); }, 30s, 250ms);
  result.equal_seconds = seconds_of(world.now() - healed);
  if (!equal)
    wrong("the tables differ 30 s after the last fault: " + it.cluster.table_difference());
  const bool ended = world.run_until([&] { return it.clients.have_ended(false); }, 60s - (world.now() - healed), 250ms);
  result.ended_seconds = seconds_of(world.now() - healed);
  if (!ended)
    wrong("60 s after the last fault " + it.clients.unfinished());
  if (!world.run_until([&] { return it.clients.all_ended(); }, corpora_end_within - (world.now() - healed), 250ms))
    wrong("3 min after the last fault " + it.clients.unfinished());
  result.corpora_seconds = seconds_of(world.now() - healed);
  it.clients.read_all();
  if (!world.run_until([&] { return it.clients.all_read(); }, 30s, 250ms))
    wrong("results are not there 30 s after the jobs' end");
  // A reader may just have found a damaged copy.
  world.run_until([&] { return it.clients.lost().empty(); }, 10s, 250ms);
  wrong(it.clients.lost());
  wrong(it.clients.miscounted());
  // Who has not heard of the end forgets as nobody orders anything.
  world.run_until([&] { return it.clients.unsettled_corpora().empty(); }, corpus_member_options{}.orphan_after + 10s,
                  250ms);
  wrong(it.clients.unsettled_corpora());
  if (result.problem.empty() && it.random().chance(0.2)) {
    world.run_for(13min); // repair compares everything every 10 min and up to a quarter more
    wrong(it.clients.lost());
    wrong(it.clients.misplaced());
    wrong(it.clients.unsettled());
    wrong(it.clients.unsettled_corpora());
  }
}

} // namespace

std::vector<std::string> random_texts(random_source& random, const std::string& name, uint32_t count, bool is_corpus) {
  std::vector<std::string> texts;
  for (uint32_t item = 0; item < count; ++item) {
    const auto* kind = random.chance(0.001)   ? "poison"
                       : random.chance(0.001) ? "bad"
                       : random.chance(0.001) ? (is_corpus ? "heavy corpus" : "heavy")
                                              : (is_corpus ? "corpus" : "text");
    texts.push_back(std::string{kind} + " " + std::to_string(item) + " of " + name);
  }
  return texts;
}

jobs_swarm_result run_jobs_swarm(uint64_t seed) {
  random_source choice{seed};
  jobs_swarm_result result;
  result.nodes = 3 + choice.below(choice.chance(0.8) ? 3 : 7);
  jobs_options options;
  options.corpus_part.corpora_max = 1 + choice.below(4);
  options.corpus_leading.checkpoint_period = 200ms + choice.within(5'000ms);
  life it{seed, result.nodes, options};
  auto& world = it.cluster.world();
  for (uint32_t node = 0; node < result.nodes; ++node)
    it.cluster.start(node);
  uint32_t jobs = 0;
  for (int second = 0; second < 40 && it.clients.problem().empty(); ++second) {
    if (second > 1)
      for (auto strikes = it.random().below(3); strikes > 0; --strikes)
        strike(it);
    if (second < 35 && it.random().chance(0.3))
      it.clients.submit(random_plan(it, ++jobs));
    world.run_for(1s);
  }
  result.problem = it.clients.problem();
  if (result.problem.empty())
    heal(it, result);
  result.faults = it.faults;
  result.jobs = it.clients.jobs();
  result.corpora = it.clients.corpora();
  result.corpora_made = it.clients.corpora_made();
  result.items = it.clients.items_acknowledged();
  result.computed = it.cluster.items_computed();
  result.hash = world.trace_hash();
  return result;
}

} // namespace weft::sim
