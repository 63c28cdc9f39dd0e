#pragma once

#include "runtime/jobs/execution_core.hpp"
#include "runtime/jobs/run_queue.hpp"
#include "runtime/jobs/segment_work.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace weft {

/// Where a segment or a foreign try stands.
enum class work_phase : uint8_t {
  reading,   ///< its texts
  ready,     ///< for a run
  running,   //
  resting,   ///< after a passing error
  elsewhere, ///< another node tries
};

/// A segment or a foreign try that is under way.
struct active_work {
  queued_segment segment;           ///< not of a foreign try
  std::optional<uint64_t> exchange; ///< of a foreign try
  std::optional<segment_work> work; ///< from `ready` on
  work_phase at = work_phase::reading;
  uint64_t number = 0; ///< of the run or the try under way
  time_point resumes{};
  uint32_t passes = 0; ///< passing errors in a row
  bool was_run = false;
  std::vector<node_id> tried;       ///< failed on the suspects
  std::map<node_id, uint32_t> gone; ///< passing errors of other nodes
};

struct run_under_way {
  uint64_t key = 0; ///< of active
  std::vector<uint32_t> items;
  time_point deadline{};
};

struct try_under_way {
  uint64_t key = 0; ///< of active
  node_id node{};
};

/// The inside of execution_core: work under way, by keys of its own.
struct execution_core::parts {
  execution_options options;
  bool frozen = false;
  bool draining = false;
  std::vector<node_id> others; ///< ascending
  run_queue queue;
  uint64_t last_number = 0;
  uint64_t takeovers = 0;
  time_point ticked{};
  std::map<uint64_t, active_work> active; ///< by a number of this core: the eldest first
  std::map<segment_id, uint64_t> keys;
  std::map<uint64_t, run_under_way> runs;
  std::map<uint64_t, try_under_way> tries;
  std::vector<std::pair<time_point, queued_segment>> unreadable; ///< their texts were not there; asked for again then
  std::vector<execution_effect> effects;

  template <class Effect> void want(Effect effect) { effects.emplace_back(std::move(effect)); }
  std::chrono::milliseconds backoff(uint32_t passes) const {
    return std::min(options.retry_min * (1u << std::min(passes, 16u)), options.retry_max);
  }

  void begin_more(time_point now);
  void begin(const queued_segment& segment);
  void start_runs(time_point now);
  void start(uint64_t key, time_point now);
  void advance(uint64_t key, time_point now);
  void passed(uint64_t key, const failure& reason, time_point now);
  void rest(active_work& what, time_point now);
  void put_back(uint64_t key, time_point now);
  void end_try_here(uint64_t key, result<texts_tried> outcome);
  void ask_elsewhere(uint64_t key, time_point now);
  std::optional<node_id> next_node(const active_work& what) const;
  void tried_by(uint64_t key, node_id node, result<texts_tried> answer, time_point now);
  void finish(uint64_t key);
  void forget(uint64_t key);
  void expire_runs(time_point now);
  void wake(time_point now);
};

} // namespace weft
