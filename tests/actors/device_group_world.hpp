#pragma once

#include "actors/background_threads.hpp"
#include "actors/corpus_slip.hpp"
#include "actors/device_group.hpp"
#include "actors/job_event.hpp"
#include "actors/points_ask.hpp"
#include "tests/actors/corpus_inbox.hpp"
#include "tests/actors/embedded_corpus.hpp"
#include "tests/actors/gated_carrier.hpp"
#include "tests/support/memory_rank_carrier.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace weft::test {

inline corpus_load load_of(std::vector<planned_segment> share, uint64_t roster = 7) {
  corpus_load out;
  out.options = usual_options;
  out.share = std::move(share);
  out.roster = roster;
  return out;
}

inline corpus_keep keep_of(attached_kind kind, uint64_t generation) {
  corpus_keep out;
  out.kind = kind;
  out.generation = generation;
  out.model_version = "v1";
  return out;
}

/// Device groups of several nodes in one process, on real threads; the ranks meet in memory.
class device_groups {
public:
  explicit device_groups(uint32_t count, device_group_options options = some_options())
      : options_(options), system_(config_) {
    nodes_.resize(count);
    for (uint32_t n = 0; n < count; ++n)
      start(n);
    tell_members();
  }
  ~device_groups() {
    let_tasks_go();
    for (auto& each : nodes_)
      if (each.actor)
        caf::anon_send(each.actor, stop_atom_v);
    forget_actors();
    for (auto& listener : listeners_)
      caf::anon_send_exit(std::exchange(listener, nullptr), caf::exit_reason::kill);
    system_.await_all_actors_done();
    threads.join();
  }

  static device_group_options some_options() { return {.bytes_max = 8 << 20, .corpora_max = 2, .patience = patient}; }

  struct given_points {
    size_t count() {
      const std::lock_guard hold(mutex);
      return asks.size();
    }
    std::mutex mutex; ///< guards the rest
    std::vector<points_ask_ptr> asks;
  };
  struct node {
    device_group_actor actor;
    std::shared_ptr<corpus_inbox> inbox = std::make_shared<corpus_inbox>();
    std::shared_ptr<device_group_board> board = std::make_shared<device_group_board>();
    std::shared_ptr<given_points> points_given = std::make_shared<given_points>();
    uint64_t boot = 1;
    member_condition condition = member_condition::serving;
  };
  node& at(uint32_t n) { return nodes_.at(n); }
  group_worker worker(uint32_t n) const { return {node_id{n + 1}, boot_epoch{nodes_[n].boot}, 0}; }

  /// The actor, once more: what the supervisor does.
  void start(uint32_t n) {
    auto services = std::make_shared<const tree_services>(
        tree_services{std::make_shared<null_meter>(), [](auto, auto, auto) {},
                      [this](std::function<void()> task) { run_aside(std::move(task)); }});
    nodes_[n].actor = system_.spawn(
        device_group, device_group_setup{options_, std::make_shared<gated_carrier>(hub->carrier(address(n)), gate),
                                         nodes_[n].board, std::move(services)});
  }
  /// What is to be done aside from now on waits, until it is let go.
  void hold_tasks() {
    const std::lock_guard hold(mutex_);
    holds_tasks_ = true;
  }
  void let_tasks_go() {
    const std::lock_guard hold(mutex_);
    holds_tasks_ = false;
    for (auto& task : tasks_)
      threads.run(std::move(task));
    tasks_.clear();
  }
  void tell_members() {
    for (uint32_t n = 0; n < nodes_.size(); ++n)
      tell_members(n);
  }
  void tell_members(uint32_t to) {
    auto view = std::make_shared<cluster_view>();
    view->self = node_id{to + 1};
    for (uint32_t n = 0; n < nodes_.size(); ++n)
      view->members.push_back({.node = node_id{n + 1},
                               .epoch = boot_epoch{nodes_[n].boot},
                               .name = "n",
                               .data_address = address(n),
                               .condition = nodes_[n].condition});
    caf::anon_send(nodes_[to].actor, cluster_view_ptr{std::move(view)});
  }
  void ask(uint32_t n, corpus_effect effect) {
    caf::anon_send(nodes_[n].actor,
                   std::make_shared<corpus_slip>(std::move(effect), [inbox = nodes_[n].inbox](corpus_event event) {
                     inbox->put(std::move(event));
                   }));
  }
  template <class Event> Event take(uint32_t n) { return nodes_[n].inbox->take<Event>(); }

  /// Has a node load its share, as a job's core does it. Returns how many segments were lacking.
  size_t load(uint32_t n, const embedded_corpus& corpus, uint64_t epoch, std::vector<planned_segment> share) {
    ask(n, plan_corpus{some_job, epoch, load_of(std::move(share))});
    const auto lacks = take<corpus_events::lacks>(n);
    REQUIRE(lacks.segments);
    for (const auto& place : *lacks.segments) {
      ask(n, feed_corpus{some_job, epoch, {corpus.record(place.segment)}});
      REQUIRE(take<corpus_events::fed>(n).outcome);
    }
    return lacks.segments->size();
  }
  corpus_loaded seal(uint32_t n, uint64_t epoch, std::optional<kept_checkpoint> from = {}) {
    ask(n, seal_corpus{some_job, epoch, std::move(from)});
    const auto loaded = take<corpus_events::loaded>(n);
    REQUIRE(loaded.outcome);
    return *loaded.outcome;
  }
  /// The ranks are these nodes, ascending; each loads an even share and begins.
  void begin_epoch(const embedded_corpus& corpus, uint64_t epoch, const std::vector<uint32_t>& ranks) {
    group_formation formation{epoch, {}};
    for (const auto n : ranks)
      formation.ranks.push_back(worker(n));
    for (size_t r = 0; r < ranks.size(); ++r) {
      load(ranks[r], corpus, epoch, corpus.share(static_cast<uint32_t>(r), static_cast<uint32_t>(ranks.size())));
      seal(ranks[r], epoch);
    }
    for (const auto n : ranks)
      ask(n, start_corpus{some_job, epoch, formation});
  }
  /// The outcome that a node keeps with the job, once it has finished.
  corpus_result outcome_of(uint32_t n, uint64_t epoch, const embedded_corpus& corpus) {
    auto keep = keep_of(attached_kind::outcome, 5);
    keep.gaps = gaps_of(corpus);
    ask(n, encode_corpus{some_job, epoch, std::move(keep)});
    const auto encoded = take<corpus_events::encoded>(n);
    CHECK(encoded.generation == 5);
    REQUIRE(encoded.bytes);
    const auto outcome = decode_corpus_outcome(*encoded.bytes);
    REQUIRE(outcome);
    REQUIRE(outcome->result);
    CHECK(outcome->gaps == gaps_of(corpus));
    return *outcome->result;
  }
  /// To one that only listens, in place of JOB_KEEPER and the supervisor: what is told unasked comes into the inbox,
  /// too. In place of the pool, it has these devices, and they all hang: what they are given stays there.
  void wire(uint32_t n, const std::vector<std::string>& hung_devices = {}) {
    const auto listen = [inbox = nodes_[n].inbox](const job_event_ptr& event) {
      if (auto* told = std::get_if<job_events::corpus>(event.get()))
        inbox->put(std::move(told->event));
    };
    auto devices = std::make_shared<pool_status>();
    for (const auto& device : hung_devices)
      devices->engines.push_back({.info = {.device = device, .kind = device_kind::gpu}});
    const auto look = [pool = pool_status_ptr{std::move(devices)}](status_atom) { return pool; };
    const auto take = [given = nodes_[n].points_given](const points_ask_ptr& ask) {
      const std::lock_guard hold(given->mutex);
      given->asks.push_back(ask);
    };
    listeners_.push_back(system_.spawn([listen, look, take](caf::event_based_actor*) -> caf::behavior {
      return caf::behavior{listen, look, take};
    }));
    auto wiring = std::make_shared<tree_wiring>();
    wiring->supervisor = caf::actor_cast<node_supervisor_actor>(listeners_.back());
    wiring->jobs = caf::actor_cast<job_keeper_actor>(listeners_.back());
    if (!hung_devices.empty())
      wiring->pools.push_back({"default", "m", caf::actor_cast<worker_pool_actor>(listeners_.back())});
    caf::anon_send(nodes_[n].actor, wire_atom_v, wiring_ptr{std::move(wiring)});
  }
  void kill(uint32_t n) { caf::anon_send_exit(nodes_[n].actor, caf::exit_reason::kill); }
  /// Returns when a node's actor has handled what it was sent so far.
  void settle(uint32_t n) {
    ask(n, plan_corpus{some_job, 0, load_of({})}); // of no share: the answer is the last of what it had to do
    static_cast<void>(take<corpus_events::lacks>(n));
  }
  void forget_actors() {
    for (auto& each : nodes_)
      each.actor = nullptr;
  }
  void await_actors() { system_.await_all_actors_done(); }
  static std::string address(uint32_t n) { return "node" + std::to_string(n) + ":1"; }

  std::shared_ptr<memory_rank_hub> hub = memory_rank_hub::make();
  std::shared_ptr<rank_gate> gate = std::make_shared<rank_gate>();
  background_threads threads;

private:
  void run_aside(std::function<void()> task) {
    const std::lock_guard hold(mutex_);
    if (holds_tasks_)
      tasks_.push_back(std::move(task));
    else
      threads.run(std::move(task));
  }

  struct config : caf::actor_system_config {
    config() {
      add_message_types<caf::id_block::weft_actors>();
      set("scheduler.policy", caf::atom("sharing"));
      set("scheduler.max-threads", size_t{1});
      set("logger.verbosity", caf::atom("quiet"));
    }
  };
  const device_group_options options_;
  config config_;
  caf::actor_system system_;
  std::vector<node> nodes_;
  std::vector<caf::actor> listeners_;
  std::mutex mutex_; ///< guards the rest
  bool holds_tasks_ = false;
  std::vector<std::function<void()>> tasks_;
};

} // namespace weft::test
