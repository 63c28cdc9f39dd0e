#pragma once

#include "runtime/base/result.hpp"
#include "runtime/base/time.hpp"
#include "runtime/job/job_header.hpp"
#include "runtime/job/job_request.hpp"
#include "runtime/job/job_segment.hpp"
#include "runtime/routing/placement.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace weft {

struct repair_options {
  uint32_t synced = 2;          ///< owners that have a record before a node that does not own it drops it
  uint32_t headers_max = 4'096; ///< in one answer or gift (some 300 bytes each)
  uint32_t metas_max = 16'384;  ///< in one answer (some 120 bytes each)
  uint32_t batch_segments = 32; ///< fetched or given at once
  uint64_t batch_bytes = 4 << 20;
  uint32_t sessions_max = 2;               ///< nodes that are compared with at once
  uint32_t handoff_max = 1'024;            ///< segments that are handed on at once
  uint64_t bytes_per_second = 64ull << 20; ///< fetched and given; leaves a 10 Gbit/s link to clients
  std::chrono::milliseconds ask_within{5'000};
  std::chrono::milliseconds repair_after{1'000};    ///< a change of members
  std::chrono::milliseconds compare_period{5'000};  ///< of headers, with one other node
  std::chrono::milliseconds repair_period{600'000}; ///< of segments, with every other node
  std::chrono::milliseconds retry_min{1'000};       ///< after a failure or another view; twice as long each time
  std::chrono::milliseconds retry_max{15'000};
  uint64_t seed = 1;
};

/// What repair reads of the tables, which are its owner's. Both visits are in the order of the ids.
struct repair_source {
  std::function<void(const std::function<void(const job_header&)>&)> each_header;
  std::function<void(const std::function<void(const segment_meta&)>&)> each_segment; ///< kept here; not of removed jobs
  std::function<const job_header*(job_id)> header;                                   ///< nullptr: unknown
  std::function<const segment_meta*(segment_id)> segment;                            ///< nullptr: not kept here
  /// Among the live members. Empty: nobody may place it now.
  std::function<owner_list(segment_id)> owners;
};

/// What repair_core wants done.

struct repair_ask { ///< → answered()
  uint64_t ticket = 0;
  node_id to{};
  job_request request;
  std::chrono::milliseconds within{};
};
struct repair_read { ///< of the log → read()
  uint64_t ticket = 0;
  std::vector<segment_id> ids;
};
struct repair_take { ///< merge these into the tables and the log, where they are better
  std::vector<job_header> headers;
  std::vector<segment_record> segments;
};
struct repair_drop { ///< enough others have them
  std::vector<segment_id> ids;
};

using repair_effect = std::variant<repair_ask, repair_read, repair_take, repair_drop>;

/// Since the start.
struct repair_counters {
  uint64_t compares = 0;    ///< answered by others
  uint64_t other_views = 0; ///< of these, with another view
  uint64_t fetched = 0;     ///< segments
  uint64_t fetched_bytes = 0;
  uint64_t given = 0;
  uint64_t given_bytes = 0;
  uint64_t dropped = 0;
  uint64_t headers_taken = 0; ///< that differed
};

/// Makes the copies of records equal again: whatever was missed, lost, damaged or written by a stand-in. Part of
/// jobs_core; not thread-safe; `now` never goes back.
///
/// Two nodes compare 256 sums of hashes, then the contents of the buckets that differ (Dynamo's Merkle tree with two
/// levels). Of headers: all; both merge what the other has. Of segments: those that both own by the same view; each
/// node fetches what it lacks, so that nothing travels twice. A node that keeps a segment which it does not own asks
/// the owners what they have of its job (survey_job), gives the rest, and drops its copy once all present owners, at
/// least `synced`, were found or made to have it in the same or a better form while they had the same view.
///
/// When: repair_after a change of members and every repair_period with every other node; headers every
/// compare_period with one random node, whatever its view.
class repair_core {
public:
  repair_core(node_id self, repair_source source, repair_options options = {});
  ~repair_core();
  repair_core(const repair_core&) = delete;
  repair_core& operator=(const repair_core&) = delete;

  /// The other nodes that keep jobs, and the hash of what is placed with (job_places::hash()). Also when one of them
  /// has started anew, so that it is compared with: `changed` says so, if the hash does not.
  void set_view(uint64_t view_hash, std::vector<node_id> others, bool changed, time_point now);
  /// While frozen (takeover_frozen()) nothing is handed on or dropped.
  void freeze(bool frozen);
  /// A segment that should be here is not (it was damaged), or one is here that others own (this node stood in for
  /// one of them): its owners are compared with soon.
  void attend(segment_id segment, time_point now);

  void answered(uint64_t ticket, result<job_answer> answer, time_point now);
  void read(uint64_t ticket, result<std::vector<std::optional<segment_record>>> records, time_point now);
  void tick(time_point now);
  std::optional<time_point> next_wake() const;
  std::vector<repair_effect> take_effects();

  /// The answer to another node's question.
  records_compared compare(const compare_records& question) const;

  const repair_counters& counters() const noexcept;
  /// Other nodes with which all was compared since the last change of members, so that nothing is known to be missing.
  size_t compared() const;
  /// These are all, and nothing is under way.
  bool settled() const;

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace weft
