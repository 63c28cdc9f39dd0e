#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/time.hpp"
#include "runtime/job/context.hpp"
#include "runtime/job/embed.hpp"
#include "runtime/job/job_id.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

/// Where a job stands. States are merged, never negotiated: the later one in this list wins, but of two ends the
/// earlier one does.
enum class job_state : uint8_t {
  pending, ///< items still come
  running, ///< all items are there
  done,
  done_with_failures, ///< some items have no result, each with its reason
  cancelled,
  expired, ///< not done in time
  removed, ///< a tombstone: results and texts are gone
};
constexpr std::string_view to_string(job_state s) noexcept {
  switch (s) {
  case job_state::pending:
    return "pending";
  case job_state::running:
    return "running";
  case job_state::done:
    return "done";
  case job_state::done_with_failures:
    return "done_with_failures";
  case job_state::cancelled:
    return "cancelled";
  case job_state::expired:
    return "expired";
  case job_state::removed:
    return "removed";
  }
  return "?";
}
constexpr bool is_end(job_state s) noexcept {
  return s >= job_state::done;
}
constexpr job_state merged(job_state a, job_state b) noexcept {
  if (a == job_state::removed || b == job_state::removed)
    return job_state::removed;
  if (is_end(a) && is_end(b))
    return a < b ? a : b;
  return a < b ? b : a;
}

/// How safe a job's records are before they are acknowledged.
struct job_durability {
  uint32_t copies = 3; ///< nodes that keep each record, where there are so many
  uint32_t synced = 2; ///< of these have it on disk, synced, before it is acknowledged

  bool operator==(const job_durability&) const = default;
};

/// What is to be done. Fixed when the job is opened, and equal on every node.
struct job_spec {
  std::string tenant;
  std::string request_id; ///< the client's, 1 to 128 bytes
  std::string operation = "embed";
  std::string model; ///< resolved: never ""
  embed_options options;
  std::string corpus{}; ///< of operation "corpus": its terms (runtime/corpus_job/corpus_terms.hpp); else ""
  weft::priority priority = weft::priority::normal; ///< among jobs; interactive calls go first in any case
  job_durability durability;
  std::string home_region;
  wall_time created{};
  wall_time expires{};                   ///< not done by then: it ends expired
  std::chrono::milliseconds retention{}; ///< how long results are kept after its end

  bool operator==(const job_spec&) const = default;
};

/// How far a job is. Counts only rise.
struct job_progress {
  uint64_t items_durable = 0; ///< acknowledged
  uint64_t items_done = 0;    ///< with those that failed
  uint64_t items_failed = 0;
  uint64_t items_cached = 0; ///< of the done ones, those that were not computed for it
  uint64_t tokens = 0;
  double device_seconds = 0;

  bool operator==(const job_progress&) const = default;
};

/// Who wrote a record first, and its place in that node's log: what another region asks for from here on.
struct log_stamp {
  node_id writer{};
  uint64_t sequence = 0;

  auto operator<=>(const log_stamp&) const = default;
};

/// What is known of a job; every node keeps it. Merged with whatever another node knows, in any order, any number of
/// times, with the same outcome.
struct job_header {
  job_id id;
  job_spec spec;
  job_state state = job_state::pending;
  std::optional<uint64_t> items_total; ///< known when all are there
  std::optional<uint32_t> segments_total;
  job_progress progress;
  std::optional<wall_time> ended;
  log_stamp stamp; ///< of the last change

  bool operator==(const job_header&) const = default;
};

/// `into` becomes what both know; true when that changed it. Two specs of one id (two nodes opened it at once): the
/// earlier created one, then the one whose encoding is less. Commutative, associative, idempotent.
bool merge(job_header& into, const job_header& other);

} // namespace weft
