#pragma once

#include "runtime/jobs/execution_core.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace weft {

inline constexpr time_point start_of_test = time_point{} + std::chrono::hours{1};
inline constexpr node_id here{1};

/// What one text comes to on a node: a result, or a failure of the whole run.
using item_engine = std::function<errc(node_id, const std::string&)>;

inline errc always_works(node_id, const std::string&) {
  return errc::none;
}

/// A node's execution and, of other nodes, only what they answer. Runs wait until the test lets them go.
struct execution_bench {
  explicit execution_bench(execution_options options = {}) : core(options) {}

  void offer(uint64_t job, uint32_t index, priority priority = priority::normal, bool taken_over = false) {
    segment_meta meta;
    meta.id = {{job, job}, index};
    meta.first_item = index * 10;
    core.offer(meta, priority, wall_time{std::chrono::milliseconds{job}}, taken_over);
  }
  void set_texts(uint64_t job, uint32_t index, std::vector<std::string> texts) {
    auto made = std::make_shared<segment_texts>();
    made->spec.model = "m";
    made->texts = std::move(texts);
    texts_of[{{job, job}, index}] = made;
  }
  static std::string name(segment_id id) { return std::to_string(id.job.low) + "." + std::to_string(id.index); }

  /// Does what the core wants, except runs and tries, which are kept.
  void act() {
    for (bool more = true; more;) {
      core.tick(now);
      auto effects = core.take_effects();
      more = !effects.empty();
      for (auto& effect : effects)
        take(effect);
    }
  }
  void take(execution_effect& effect) {
    if (auto* read = std::get_if<want_texts>(&effect)) {
      ++reads;
      const auto found = texts_of.find(read->segment);
      if (is_unreadable)
        return core.texts(read->segment, failure{errc::storage_failed, "damaged"}, now);
      if (found == texts_of.end())
        set_texts(read->segment.job.low, read->segment.index, {name(read->segment)});
      core.texts(read->segment, texts_of.at(read->segment), now);
    } else if (auto* run = std::get_if<start_run>(&effect)) {
      runs.push_back(std::move(*run));
    } else if (auto* stop = std::get_if<stop_run>(&effect)) {
      stopped.insert(stop->run);
    } else if (auto* ask = std::get_if<try_elsewhere>(&effect)) {
      tries.push_back(std::move(*ask));
    } else if (auto* end = std::get_if<segment_finished>(&effect)) {
      finished.push_back(std::move(*end));
    } else if (auto* answer = std::get_if<answer_try>(&effect)) {
      answers.push_back(std::move(*answer));
    }
  }
  static run_outcome compute(node_id node, const std::vector<std::string>& texts, const item_engine& work) {
    segment_results results;
    results.model_version = "1";
    for (size_t i = 0; i < texts.size(); ++i) {
      const auto code = work(node, texts[i]);
      if (code == errc::invalid_utf8)
        return failure{code, "text " + std::to_string(i) + " is bad", {{"item", std::to_string(i)}}};
      if (code != errc::none)
        return failure{code, "no"};
      item_outcome outcome;
      outcome.value.values = {static_cast<float>(texts[i].size())};
      results.items.push_back(outcome);
    }
    return results;
  }
  void end_run(start_run run, const item_engine& work) {
    std::vector<std::string> texts;
    for (const auto item : run.items)
      texts.push_back(run.work->texts[item]);
    ++runs_done;
    core.ran(run.run, compute(here, texts, work), now);
  }
  void end_try(try_elsewhere ask, const item_engine& work) {
    segment_results results;
    for (const auto& text : ask.work.texts) {
      auto outcome = compute(ask.node, {text}, work);
      results.model_version = "1";
      if (outcome) {
        results.items.push_back(outcome->items[0]);
        continue;
      }
      item_outcome failed;
      failed.code = outcome.error().code;
      failed.message = outcome.error().message;
      results.items.push_back(failed);
    }
    asked.push_back(ask.node);
    core.tried(ask.ticket, texts_tried{results}, now);
  }
  /// Until nothing is under way: as time passes, too.
  void work_off(const item_engine& work) {
    for (int step = 0; step < 10'000; ++step) {
      act();
      if (!runs.empty()) {
        auto run = std::move(runs.front());
        runs.erase(runs.begin());
        end_run(std::move(run), work);
      } else if (!tries.empty()) {
        auto ask = std::move(tries.front());
        tries.erase(tries.begin());
        end_try(std::move(ask), work);
      } else if (const auto next = core.next_wake(); next && steps_left-- > 0) {
        now = std::max(now, *next);
      } else {
        return;
      }
    }
  }

  execution_core core;
  time_point now = start_of_test;
  int steps_left = 1'000;
  bool is_unreadable = false;
  std::map<segment_id, std::shared_ptr<const segment_texts>> texts_of;
  std::vector<start_run> runs;
  std::vector<try_elsewhere> tries;
  std::set<uint64_t> stopped;
  std::vector<segment_finished> finished;
  std::vector<answer_try> answers;
  std::vector<node_id> asked; ///< other nodes that tried
  size_t reads = 0;
  size_t runs_done = 0;
};

inline std::vector<std::string> texts(size_t count, const std::string& poison = "", size_t at = 0) {
  std::vector<std::string> made;
  for (size_t i = 0; i < count; ++i)
    made.push_back(!poison.empty() && i == at ? poison : "t" + std::to_string(i));
  return made;
}

inline std::vector<std::string> names_of(const std::vector<segment_finished>& finished) {
  std::vector<std::string> names;
  for (const auto& it : finished)
    names.push_back(execution_bench::name(it.segment));
  return names;
}

} // namespace weft
