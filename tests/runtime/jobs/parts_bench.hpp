#pragma once

#include "runtime/job/record_codec.hpp"
#include "runtime/jobs/jobs_state.hpp"
#include "runtime/jobs/node_lanes.hpp"
#include "runtime/jobs/record_keeper.hpp"
#include "runtime/jobs/replicator.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

using namespace std::chrono_literals;

/// The parts between a jobs core and its log and network, on node 1; the test answers what they want.
struct parts_bench {
  explicit parts_bench(size_t nodes = 3, jobs_options options = local()) : state(node_id{1}, std::move(options)) {
    state.now = {time_point{} + 1h, wall_time{1h}};
    set_live(nodes);
  }
  static jobs_options local() {
    jobs_options out;
    out.region = "local";
    return out;
  }
  void set_live(size_t nodes) {
    cluster_view view{.self = node_id{1}};
    for (size_t i = 1; i <= nodes; ++i) {
      view.members.push_back({.node = node_id{i}, .region = "local"});
      view.members.back().condition = member_condition::serving;
    }
    state.places = job_places{view, node_id{1}, "local"};
    lanes.members_changed();
    copies.members_changed();
    run();
  }
  void advance(duration span) {
    state.now.steady += span;
    state.now.wall += std::chrono::duration_cast<std::chrono::milliseconds>(span);
    state.desk.fire(state.now.steady);
    copies.tick();
    run();
  }
  /// Takes what is wanted, for the test to answer.
  void run() {
    do {
      state.desk.settle();
      lanes.pump();
    } while (state.desk.has_more());
    for (auto& effect : state.desk.take())
      if (auto* write = std::get_if<write_log>(&effect))
        writes.push_back(std::move(*write));
      else if (auto* ask = std::get_if<ask_node>(&effect))
        asks.push_back(std::move(*ask));
  }
  void write_ends(size_t which, status outcome = ok) {
    state.desk.log_written(writes.at(which).ticket, std::move(outcome));
    run();
  }
  void ask_ends(size_t which, errc why = errc::none) {
    const auto ticket = asks.at(which).ticket;
    if (why == errc::none)
      state.desk.node_answered(ticket, job_answer{records_kept{}});
    else
      state.desk.node_answered(ticket, failure{why, "the test says so"});
    run();
  }
  /// Of an ask: what it carries.
  const keep_records& kept(size_t which) const { return std::get<keep_records>(asks.at(which).request); }

  /// Says in `into` what came of it.
  static std::function<void(const status&)> note(errc& into) {
    into = errc::internal; // not called yet
    return [&into](const status& s) { into = s ? errc::none : s.error().code; };
  }
  static segment_record texts(uint32_t index, std::string text = "x", uint64_t job = 1) {
    return make_record({{0, job}, index}, index, segment_texts{{}, {std::move(text)}});
  }
  static segment_record results(uint32_t index, float value = 1, uint64_t job = 1) {
    segment_results out;
    out.items.resize(1);
    out.items[0].value.values = {value};
    return make_record({{0, job}, index}, index, out);
  }
  static job_header header(job_state at = job_state::running, uint64_t job = 1) {
    job_header out{.id = {0, job}, .state = at};
    if (is_end(at))
      out.ended = wall_time{1h};
    return out;
  }

  jobs_state state;
  std::vector<segment_meta> heard_segments;
  size_t heard_headers = 0;
  size_t late = 0;
  record_keeper keeper{state,
                       {.on_segment = [this](const segment_meta& meta) { heard_segments.push_back(meta); },
                        .on_header = [this](const job_header&) { ++heard_headers; },
                        .on_late = [this](segment_id) { ++late; }}};
  node_lanes lanes{state};
  replicator copies{state, keeper, lanes};
  std::vector<write_log> writes;
  std::vector<ask_node> asks;
};

} // namespace weft::test
