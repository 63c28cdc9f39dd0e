#pragma once

#include "actors/node_supervisor.hpp"
#include "tests/support/fake_model.hpp"
#include "tests/support/recording_call.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

/// Keeps what the actors count.
class recording_meter final : public meter {
public:
  void call_ended(std::string_view, errc, std::chrono::nanoseconds, const call_times&) override {}
  void batch_computed(std::string_view device, uint64_t items, uint64_t, std::chrono::nanoseconds) override {
    computed[std::string{device}] += items;
  }
  void items_dropped(errc why, uint64_t items) override { dropped[why] += items; }
  void actor_restarted(std::string_view actor) override { ++restarted[std::string{actor}]; }

  std::map<std::string, uint64_t> computed;
  std::map<errc, uint64_t> dropped;
  std::map<std::string, int> restarted;
};

/// The actors of a node in virtual time: nothing moves unless the test says so, everything on the test's thread.
class actor_world {
public:
  /// One model "m" on `device`, one pool "default" of one worker; the test changes `options` before start().
  explicit actor_world(fake_device::mode how = fake_device::mode::instant)
      : device(std::make_shared<fake_device>(how)), system_(config_),
        scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())) {
    options.node_name = "n1";
    options.cache.enabled = false; // what is tested mostly lies behind it
    options.models.push_back({"m", model_load::kept, [this]() -> result<model_ptr> {
                                ++models_opened;
                                return model_ptr{std::make_shared<fake_model>(device)};
                              }});
    options.pools.push_back({.model = "m"});
    options.meter = meter;
    options.on_unhealthy = [this](std::string reason) { unhealthy.push_back(std::move(reason)); };
    options.log = [this](std::string_view level, std::string_view actor, std::string_view text) {
      log.push_back(std::string{level} + " " + std::string{actor} + ": " + std::string{text});
    };
  }

  ~actor_world() {
    hold_tasks = false;
    run_tasks();
    caf::anon_send(supervisor, stop_atom_v);
    step();
    if (actors() > 0)
      caf::anon_send_exit(supervisor, caf::exit_reason::kill);
    step();
    while (device->complete() || device->complete_points()) { // late answers to actors that have gone
    }
    step();
  }

  void start() {
    gate = std::make_shared<admission>(options.limits);
    entrance = std::make_shared<door>(gate);
    board = std::make_shared<snapshot_board>(node_snapshot{.name = options.node_name});
    auto operations = std::make_shared<operation_registry>();
    REQUIRE(operations->add(embed_operation(options.pools.front().name)));
    REQUIRE(operations->add(compress_operation(options.pools.front().name)));
    services = std::make_shared<const tree_services>(tree_services{options.meter, options.log, [this](auto task) {
                                                                     tasks.push_back(std::move(task));
                                                                     if (!hold_tasks)
                                                                       run_tasks();
                                                                   }});
    supervisor = system_.spawn(node_supervisor, node_supervisor_setup{options, services, gate, entrance, jobs, board,
                                                                      operations, documents, corpora});
    step();
  }

  /// Runs everything that can run without time going on.
  void step() {
    while (step_once()) {
    }
  }
  /// One actor has one turn; false when none has anything to do.
  bool step_once() { return scheduler_.try_run_once(); }
  void advance(std::chrono::nanoseconds time) {
    scheduler_.advance_time(caf::timespan{time});
    step();
  }
  /// The same in small steps, as a real clock would: timers that are set by timers come on time.
  void pass(std::chrono::milliseconds time, std::chrono::milliseconds resolution = std::chrono::milliseconds{50}) {
    for (auto gone = std::chrono::milliseconds{0}; gone < time; gone += resolution)
      advance(resolution);
  }
  time_point now() { return system_.clock().now(); }

  outcome_ptr submit(std::vector<std::string> texts, const call_options& with = {}) {
    auto [call, outcome] = make_call(std::move(texts), with);
    entrance->submit(std::move(call));
    step();
    return outcome;
  }
  /// Manual engines: answers batches until none waits.
  size_t complete_all() {
    size_t count = 0;
    for (; device->complete(); ++count)
      step();
    return count;
  }
  void run_tasks() {
    while (!tasks.empty()) {
      auto task = std::move(tasks.front());
      tasks.pop_front();
      task();
    }
  }

  wiring_ptr wiring() {
    wiring_ptr found;
    caf::scoped_actor self{system_};
    auto answer = self->request(supervisor, caf::infinite, wire_atom_v);
    step();
    answer.receive([&](const wiring_ptr& it) { found = it; }, [](const caf::error&) {});
    return found;
  }
  worker_pool_actor pool(size_t index = 0) { return wiring()->pools.at(index).handle; }
  pool_status pool_state(size_t index = 0) {
    pool_status found;
    auto handle = pool(index);
    caf::scoped_actor self{system_};
    auto answer = self->request(handle, caf::infinite, status_atom_v);
    step();
    answer.receive([&](const pool_status_ptr& it) { found = *it; }, [](const caf::error&) {});
    return found;
  }
  template <class Handle> void kill(const Handle& handle) {
    caf::anon_send_exit(handle, caf::exit_reason::kill);
    step();
  }
  /// Actors that run, those of CAF itself left out.
  size_t actors() { return system_.registry().running(); }

  std::shared_ptr<fake_device> device;
  std::shared_ptr<recording_meter> meter = std::make_shared<recording_meter>();
  tree_options options;
  bool hold_tasks = false;
  std::deque<std::function<void()>> tasks; ///< that wait for run_tasks()
  int models_opened = 0;
  std::vector<std::string> unhealthy;
  std::vector<std::string> log;
  std::shared_ptr<admission> gate;
  std::shared_ptr<door> entrance;
  std::shared_ptr<job_desk> jobs = std::make_shared<job_desk>();
  std::shared_ptr<document_desk> documents = std::make_shared<document_desk>();
  std::shared_ptr<device_group_board> corpora = std::make_shared<device_group_board>();
  std::shared_ptr<snapshot_board> board;
  services_ptr services;
  node_supervisor_actor supervisor;

private:
  struct config : caf::actor_system_config {
    config() {
      add_message_types<caf::id_block::weft_actors>();
      set("scheduler.policy", caf::atom("testing"));
      set("logger.verbosity", caf::atom("quiet"));
    }
  };

  config config_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& scheduler_;
};

} // namespace weft::test
