#pragma once

#include "actors/corpus_rank.hpp"
#include "actors/corpus_segment.hpp"
#include "actors/corpus_slip.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace weft {

/// What DEVICE_GROUP hears from the threads that work for it.
namespace corpus_notices {

/// What a feed_corpus brought.
struct decoded {
  std::shared_ptr<corpus_slip> asked;
  result<std::vector<corpus_segment_ptr>> segments;
};
/// A search has been answered.
struct searched {
  job_id job;
  bool was_maker = false; ///< it had to make the points of its share
  std::vector<planned_segment> share{};
  std::shared_ptr<const corpus_shard> shard{}; ///< what it made; null: nothing
};
/// From a rank, by its number.
struct stepped {
  uint64_t rank = 0;
  corpus_step made = corpus_step::measure;
  std::shared_ptr<const corpus_checkpoint> checkpoint; ///< not null
};
/// The last of a rank: its thread needs nothing any more.
struct ended {
  uint64_t rank = 0;
  result<rank_outcome> outcome;
};
/// An engine has failed at the points of a rank or a search, or did not answer within their patience.
struct engine_failed {
  std::string device;
  std::chrono::milliseconds patience; ///< whoever has no more does not try it for a while; of a failure: everybody
};
/// A rank that was told to go has had its time.
struct overdue {
  uint64_t rank = 0;
};

} // namespace corpus_notices

struct corpus_notice {
  std::variant<corpus_notices::decoded, corpus_notices::searched, corpus_notices::stepped, corpus_notices::ended,
               corpus_notices::engine_failed, corpus_notices::overdue>
      what;
};

} // namespace weft
