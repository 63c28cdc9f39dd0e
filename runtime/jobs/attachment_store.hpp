#pragma once

#include "runtime/corpus_job/attachment.hpp"
#include "runtime/jobs/jobs_state.hpp"
#include "runtime/jobs/replicator.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace weft {

/// What is attached to a job, as records: each part is a segment with the results of one item. In the metas:
/// first_item, the generation; tokens, whole_of(); failed = 1, an outcome without a result.
/// errc::too_many_items.
result<std::vector<segment_record>> make_attached(job_id job, attached_kind kind, uint64_t generation,
                                                  std::string_view bytes, bool has_failed);

/// Keeps it with the job, a few parts at a time: `done` when each is as safe as the job wants its records. Once the job
/// has ended nothing is begun: its outcome is there, and is not to be replaced in part. Errors: too_many_items,
/// unknown_job, cancelled (the job has ended), and as replicator::secure().
struct attachment_to_keep {
  job_id job;
  attached_kind kind = attached_kind::outcome;
  uint64_t generation = 0;
  std::string bytes;
  bool has_failed = false;
};
void keep_attachment(jobs_state& state, replicator& copies, attachment_to_keep what, std::function<void(status)> done);

/// The whole of it, from whoever has its parts; again, a few times, where it changes meanwhile. `damaged` as in
/// record_search. errc::unavailable: it is not whole on the nodes that are there.
struct attachment_search {
  job_id job;
  attached_kind kind = attached_kind::outcome;
  std::function<void(segment_id)> damaged{};
};
void fetch_attachment(jobs_state& state, attachment_search search, std::function<void(result<attachment>)> done);

} // namespace weft
