#pragma once

#include "runtime/corpus/corpus_shard.hpp"
#include "runtime/corpus/shard_search.hpp"
#include "runtime/corpus_job/corpus_member_core.hpp"
#include "runtime/corpus_job/corpus_outcome.hpp"
#include "runtime/job/job_segment.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weft {

/// What jobs_core wants of DEVICE_GROUP, which owns vectors in memory, communicators and the threads of ranks, and what
/// it is told. All are named by job and epoch. Epoch 0 is no epoch of a run: the vectors are for searches.

/// The node's share of an epoch, or of searches. Which of these results are not in memory? → lacks
struct plan_corpus {
  job_id job;
  uint64_t epoch = 0;
  corpus_load load;
  uint64_t number = 0; ///< of this loading, here and below: answers repeat it, what is said of a former one is dropped
};
/// Results that were lacking, some segments at a time, as records: who takes them decodes them aside. → fed
struct feed_corpus {
  job_id job;
  uint64_t epoch = 0;
  std::vector<segment_record> records;
  uint64_t number = 0;
};
/// That was all. from: the checkpoint that was kept with the job, where load.from asked for one. → loaded
struct seal_corpus {
  job_id job;
  uint64_t epoch = 0;
  std::optional<kept_checkpoint> from{};
  uint64_t number = 0;
};
/// The bytes of what is to be kept: a checkpoint or the outcome. → encoded
struct encode_corpus {
  job_id job;
  uint64_t epoch = 0;
  corpus_keep keep;
};
/// The best of these segments' items for each query. REQUIRES: they are loaded for searches. → found
struct search_corpus_share {
  uint64_t ticket = 0;
  job_id job;
  int32_t scale_exponent = 0;         ///< corpus_facts of the whole corpus
  std::vector<planned_segment> share; ///< of what is loaded
  std::vector<float> queries;         ///< [queries, dimensions]
  search_options options;
};

using corpus_effect = std::variant<plan_corpus, feed_corpus, seal_corpus, start_corpus, stop_corpus, encode_corpus,
                                   forget_corpus, search_corpus_share>;

/// What DEVICE_GROUP tells.
namespace corpus_events {

/// errc::overloaded: there is no memory for so much, within the node's budget for corpora.
struct lacks {
  job_id job;
  uint64_t epoch = 0;
  result<std::vector<planned_segment>> segments;
  uint64_t number = 0;
};
/// Room for more. errc::state_damaged: a record is not what it says; overloaded: there is no memory, and nothing of
/// this share is kept.
struct fed {
  job_id job;
  uint64_t epoch = 0;
  status outcome;
  uint64_t number = 0;
};
struct loaded {
  job_id job;
  uint64_t epoch = 0;
  result<corpus_loaded> outcome;
  uint64_t number = 0;
};
struct stepped {
  job_id job;
  uint64_t epoch = 0;
  corpus_progress progress;
};
/// The hash of the result, the same on every rank.
struct finished {
  job_id job;
  uint64_t epoch = 0;
  result<uint64_t> result_hash;
};
struct encoded {
  job_id job;
  uint64_t epoch = 0;
  uint64_t generation = 0;
  result<std::string> bytes;
};
struct found {
  uint64_t ticket = 0;
  result<std::vector<std::vector<search_hit>>> hits; ///< [queries]
};
/// Whether epochs may begin on this node, unasked: at first, and when that changes. errc::unavailable: ranks of former
/// ones hang.
struct readiness {
  status to_begin = ok;
};

} // namespace corpus_events

using corpus_event =
    std::variant<corpus_events::lacks, corpus_events::fed, corpus_events::loaded, corpus_events::stepped,
                 corpus_events::finished, corpus_events::encoded, corpus_events::found, corpus_events::readiness>;

} // namespace weft
