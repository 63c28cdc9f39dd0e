#pragma once

#include "runtime/jobs/handoff_list.hpp"
#include "runtime/jobs/record_sums.hpp"
#include "runtime/jobs/repair_core.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace weft {

/// What the sessions of a node share; repair_core's own.
struct repair_desk {
  node_id self{};
  repair_source source;
  repair_options options;
  uint64_t view_hash = 0;
  bool frozen = false;
  handoff_list handed;
  std::map<segment_id, segment_meta> fetching; ///< by some session, the best form: others leave out what is no better
  repair_counters counters;
  std::vector<repair_effect> effects;
  uint64_t last_ticket = 0;
  time_point bytes_free_at{}; ///< when bytes_per_second allows more

  bool may_move(time_point now) const noexcept { return bytes_free_at <= now; }
  void moved(uint64_t bytes, time_point now);
  /// Merges what is better than what is here; the rest is left out.
  void take(std::vector<segment_record> segments);
};

/// One comparison with one node, from the first sums to the last copy: compare · exchange headers · fetch what is
/// lacking · compare again until nothing differs · give what the other one should keep. At most one question is open.
/// Part of repair_core.
class repair_session {
public:
  enum class outcome : uint8_t { goes_on, waits, done, failed, other_view };

  repair_session(node_id peer, bool headers_only) : peer_(peer), headers_only_(headers_only) {}

  /// Asks the first question; then the next one after each answer, as soon as bytes may move.
  outcome begin(repair_desk& desk);
  outcome answered(repair_desk& desk, result<job_answer> answer, time_point now);
  outcome read(repair_desk& desk, result<std::vector<std::optional<segment_record>>> records, time_point now);
  /// After outcome::waits.
  outcome step(repair_desk& desk, time_point now);
  /// Gives its fetches free for others.
  void release(repair_desk& desk);

  uint64_t ticket() const noexcept { return ticket_; }
  bool headers_only() const noexcept { return headers_only_; }
  /// There is more to do than this session did: to hand on, or to fetch what another session was fetching.
  bool has_more() const noexcept { return has_more_; }

private:
  enum class stage : uint8_t { comparing, giving_headers, fetching, surveying, reading, giving };
  struct survey {
    job_id job;
    std::map<uint32_t, segment_meta> mine; ///< not yet looked for
  };

  outcome ask(repair_desk& desk, stage next, job_request request);
  outcome compared(repair_desk& desk, const records_compared& theirs);
  void note_headers(repair_desk& desk, const records_compared& theirs);
  void note_segments(repair_desk& desk, const records_compared& theirs);
  outcome fetched(repair_desk& desk, segments_fetched answer, time_point now);
  outcome surveyed(repair_desk& desk, const job_surveyed& theirs, time_point now);
  outcome given(repair_desk& desk, time_point now);
  outcome fetch_some(repair_desk& desk);
  outcome give_some(repair_desk& desk);
  void plan_handoff(const repair_desk& desk);
  void confirm(repair_desk& desk, const segment_meta& mine);

  static constexpr uint32_t compares_max = 64; ///< while records change all the time, it will not become equal

  node_id peer_;
  bool headers_only_;
  uint64_t ticket_ = 0;
  stage stage_ = stage::comparing;
  compare_records question_;
  uint32_t compares_ = 0;
  bool again_ = false; ///< something differed: compare what is left
  bool same_view_ = false;
  bool planned_ = false;
  bool has_more_ = false;
  std::deque<job_header> headers_;                      ///< to give
  std::deque<std::pair<segment_id, uint64_t>> lacking_; ///< to fetch, with their bytes
  std::vector<segment_id> asked_;                       ///< fetched now
  std::deque<survey> surveys_;                          ///< to ask
  std::deque<std::pair<segment_id, uint64_t>> to_give_; ///< with their bytes
  std::vector<segment_meta> giving_;                    ///< given now
};

} // namespace weft
