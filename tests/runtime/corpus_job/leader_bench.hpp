#pragma once

#include "runtime/corpus_job/corpus_job_core.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <vector>

namespace weft::test {

using namespace std::chrono_literals;

inline constexpr job_id job{1, 2};

inline group_worker worker(uint64_t node, uint64_t boot = 1) {
  return {node_id{node}, boot_epoch{boot}, 0};
}

/// A coordinator with members that the test speaks for. Three segments of 10 items or more, segment s on nodes s + 1
/// and the next, of which item 4 has failed.
struct leader_bench {
  explicit leader_bench(uint32_t nodes = 3) : leader_bench(nodes, {}) {}
  leader_bench(uint32_t nodes, corpus_job_options options, corpus_options asked = {}, uint32_t items = 10)
      : core({.job = job, .self = worker(1), .options = asked, .job_items = 3 * items, .segments = 3}, options) {
    for (uint64_t n = 1; n <= nodes; ++n)
      live.push_back(worker(n));
    for (uint32_t s = 0; s < 3; ++s)
      survey.segments.push_back({s,
                                 uint64_t{s} * items,
                                 items - (s == 0),
                                 s == 0 ? 1U : 0U,
                                 100 + s,
                                 {node_id{s + 1}, node_id{(s + 1) % 3 + 1}}});
    core.set_members(live, nodes, now);
  }

  /// The orders that wait, by node; questions about holders are answered on the way.
  std::map<uint64_t, corpus_order> orders() {
    std::map<uint64_t, corpus_order> out;
    for (bool more = true; more;) {
      more = false;
      for (auto& effect : core.take_effects()) {
        more = true;
        if (const auto* ask = std::get_if<survey_corpus>(&effect))
          core.surveyed(ask->ticket, survey, now);
        else if (auto* send = std::get_if<send_order>(&effect))
          out[static_cast<uint64_t>(send->to)] = send->order;
        else
          rest.push_back(effect);
      }
    }
    return out;
  }

  corpus_report report(const corpus_order& order, uint64_t node, corpus_stage stage) const {
    corpus_report out{.job = job,
                      .number = order.number,
                      .worker = live.at(node - 1),
                      .epoch = order.epoch,
                      .stage = stage,
                      .progress = {}};
    if (stage == corpus_stage::loaded) {
      out.loaded = loaded_share{{}, "v"};
      if (std::any_of(order.load->share.begin(), order.load->share.end(),
                      [](const planned_segment& each) { return each.segment == 0; }))
        out.loaded->gaps = {{4, 1}};
    }
    return out;
  }

  using answer = std::function<void(corpus_report&)>;
  /// Every node that has an order says that it is so far.
  std::map<uint64_t, corpus_order> all_say(corpus_stage stage, const answer& change = {}) {
    auto waiting = orders();
    for (const auto& [node, order] : waiting) {
      auto out = report(order, node, stage);
      if (change)
        change(out);
      core.reported(out, now);
    }
    return waiting;
  }
  void later(std::chrono::milliseconds by) {
    now += by;
    core.tick(now);
  }
  void bring_to_running() {
    core.embedded(now);
    all_say(corpus_stage::prepared);
    REQUIRE(core.phase() == corpus_phase::loading);
    all_say(corpus_stage::loaded);
    REQUIRE(core.phase() == corpus_phase::running);
  }
  template <class Effect> const Effect* last() const {
    return rest.empty() ? nullptr : std::get_if<Effect>(&rest.back());
  }

  time_point now{1h};
  std::vector<group_worker> live;
  corpus_survey survey;
  corpus_job_core core;
  std::vector<corpus_job_effect> rest;
};

} // namespace weft::test
