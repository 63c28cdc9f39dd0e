#pragma once

#include "runtime/corpus_job/rank_plan.hpp"
#include "runtime/jobs/jobs_state.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace weft {

/// Texts of items of a corpus job, as its results have them: by item. An item whose record has no text: "".
using texts_by_item = std::map<uint64_t, std::string>;

struct texts_search {
  job_id job;
  std::vector<segment_holding> segments; ///< of the job, ascending
  std::vector<uint64_t> items;           ///< in any order, some more than once
  std::function<void(segment_id)> damaged{};
  /// Where texts may be cut (text_budget): those of `items` so that all have room, of `shown` also to
  /// shown_text_bytes_max. Else more than has room is an error.
  bool may_cut = false;
  std::vector<uint64_t> shown{}; ///< further ones; who is among the items as well is not cut for this
};

/// Reads the segments of these items, four at a time, from whoever has them; keeps only the texts that are asked for.
/// `done` is called once, never before this returns. Errors: errc::unavailable (a segment is on no node that is there),
/// call_too_large (more than item_texts_bytes_max, where none may be cut).
inline constexpr uint64_t item_texts_bytes_max = 64 << 20;
inline constexpr size_t shown_text_bytes_max = 4'096;
void read_texts(jobs_state& state, texts_search search, std::function<void(result<texts_by_item>)> done);

} // namespace weft
