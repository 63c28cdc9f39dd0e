// The cluster's figures in virtual time, beside their targets: membership_sim_bench [--full] [--seed S]
// Text on stderr, one JSON object a line on stdout. --full takes the sizes of the targets (several minutes); without
// it the longest are shortened, and say so. Ends with 1 when a figure is short of its target.
#include "tests/sim/membership_scenarios.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace weft;
using namespace weft::sim;
using namespace std::chrono_literals;

namespace {

class report {
public:
  void figure(const std::string& name, double value, const char* unit, double target, bool at_most = true) {
    bool good = at_most ? value <= target : value >= target;
    short_ = short_ || !good;
    std::fprintf(stderr, "%-64s %10.3f %-16s target %s %g%s\n", name.c_str(), value, unit,
                 at_most ? "<=" : ">=", target, good ? "" : "   SHORT");
    std::printf("{\"figure\":\"%s\",\"value\":%.4f,\"unit\":\"%s\",\"target\":%g,\"met\":%s}\n", name.c_str(), value,
                unit, target, good ? "true" : "false");
    std::fflush(stdout);
  }
  /// Wall time is printed, never judged.
  void note(const std::string& name, double value, const char* unit) {
    std::fprintf(stderr, "%-64s %10.3f %s\n", name.c_str(), value, unit);
    std::printf("{\"figure\":\"%s\",\"value\":%.4f,\"unit\":\"%s\"}\n", name.c_str(), value, unit);
  }
  bool is_short() const { return short_; }

private:
  bool short_ = false;
};

void crashes(report& to, uint64_t seed, bool full) {
  struct row {
    uint32_t nodes;
    uint64_t seeds;
    double limit;
  };
  for (auto [nodes, seeds, limit] : {row{100, 100, 6}, {1'000, full ? 20u : 5u, 8}, {5'000, full ? 3u : 1u, 10}}) {
    double most = 0, all = 0, gone = 0;
    for (uint64_t i = 0; i < seeds; ++i) {
      auto silent = crash_one(seed + i, nodes, false);
      most = std::max(most, seconds(silent.most));
      all = std::max(all, seconds(silent.all));
      gone = std::max(gone, seconds(crash_one(seed + i, nodes, true).all));
    }
    auto of = " of " + std::to_string(nodes) + ", worst of " + std::to_string(seeds) + " seeds";
    to.figure("crash 1" + of + ", 99 % of views agree", most, "s", limit);
    to.note("crash 1" + of + ", all views", all, "s");
    to.figure("process gone, 1" + of + ", known by all", gone, "s", 2);
  }
}

void noise(report& to, uint64_t seed, bool full) {
  auto time = full ? duration{1h} : duration{120s};
  auto loss = quiet(seed, 1'000, 0.05, time);
  auto name = "1000 nodes, 5 % loss, " + std::to_string(static_cast<int>(seconds(time))) + " s";
  to.figure(name + ", false deaths", static_cast<double>(loss.wrong.events), "", 0);
  to.figure(name + ", messages", loss.messages, "/node/s", 30);
  to.note(name + ", suspicions begun", static_cast<double>(loss.suspicions), "");
  for (uint32_t nodes : {100u, 1'000u}) {
    auto stall_time = full || nodes == 100 ? duration{600s} : duration{60s};
    auto stalled = stalls(seed, nodes, 0.1, stall_time);
    name = std::to_string(nodes) + " nodes, 10 % stall 0-3 s, " +
           std::to_string(static_cast<int>(seconds(stall_time))) + " s";
    to.figure(name + ", deaths of healthy nodes", static_cast<double>(stalled.wrong.healthy), "", 0);
    to.note(name + ", deaths of stalling nodes", static_cast<double>(stalled.wrong.events), "");
  }
}

void partitions(report& to, uint64_t seed, bool full) {
  for (uint32_t nodes : {3u, 10u, 100u, full ? 1'000u : 300u}) {
    const char* names[] = {"50/50", "one-way", "flapping"};
    for (auto kind : {cut_kind::halves, cut_kind::one_way, cut_kind::flapping}) {
      double worst = 0;
      for (uint64_t i = 0; i < (nodes <= 100 ? 10 : 1); ++i)
        worst = std::max(worst, seconds(part_and_heal(seed + i, nodes, kind, 60s).healed));
      to.figure(std::to_string(nodes) + " nodes, " + names[static_cast<int>(kind)] +
                    " partition, views equal after heal",
                worst, "s", 30);
    }
  }
}

void pace(report& to, uint64_t seed) {
  double messages[2] = {};
  for (int i = 0; i < 2; ++i) {
    uint32_t nodes = i == 0 ? 100 : 1'000;
    messages[i] = quiet(seed, nodes, 0, 300s).messages;
    to.figure("idle messages, " + std::to_string(nodes) + " nodes", messages[i], "/node/s", 5);
  }
  to.figure("idle messages, 1000 beside 100 nodes", std::abs(messages[1] / messages[0] - 1), "", 0.1);
  membership_cluster cluster{seed, 1'000};
  cluster.start_all_acquainted();
  cluster.world().run_for(5s);
  auto events = cluster.world().events();
  auto begin = std::chrono::steady_clock::now();
  cluster.world().run_for(300s);
  auto wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  to.note("simulator, 1000 idle nodes, target 100", 300 / wall, "x real time");
  to.note("simulator, 1000 idle nodes", static_cast<double>(cluster.world().events() - events) / wall / 1e6,
          "M events/s");
}

} // namespace

int main(int argc, char** argv) {
  bool full = false;
  uint64_t seed = 1;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--full") == 0) {
      full = true;
    } else if (i + 1 < argc && std::strcmp(argv[i], "--seed") == 0) {
      seed = std::strtoull(argv[++i], nullptr, 10);
    } else {
      std::fprintf(stderr, "usage: membership_sim_bench [--full] [--seed S]\n");
      return 2;
    }
  }
  if (!full)
    std::fprintf(
        stderr,
        "shortened: fewer seeds, 120 s instead of an hour of loss, 300 nodes in the largest partition; --full\n");
  report to;
  pace(to, seed);
  crashes(to, seed, full);
  auto start = cold_start(seed, 1'000);
  to.figure("cold start, 1000 nodes", seconds(start.ready), "s", 60);
  partitions(to, seed, full);
  noise(to, seed, full);
  return to.is_short() ? 1 : 0;
}
