#pragma once

#include "runtime/corpus/corpus_result.hpp"
#include "runtime/corpus_job/item_gaps.hpp"
#include "runtime/job/numeric_class.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

/// What a corpus job leaves: its result, or why there is none. Numbers of items in `result` are those of the corpus;
/// gaps turn them into items of the job.
struct corpus_outcome {
  std::optional<corpus_result> result;
  errc why = errc::none; ///< where there is no result
  std::string message;
  item_gaps gaps;
  std::string model_version;                     ///< of the vectors
  numeric_class precision = numeric_class::fp32; ///< likewise

  bool operator==(const corpus_outcome&) const = default;
};

/// A checkpoint as it is kept with its job: `roster` names the corpus it is of (rank_plan::roster).
struct kept_checkpoint {
  uint64_t roster = 0;
  corpus_checkpoint checkpoint;

  bool operator==(const kept_checkpoint&) const = default;
};

/// A failure's message is cut to so many bytes, between nodes and in outcomes.
inline constexpr size_t corpus_message_bytes_max = 1'024;

/// Their bytes: a version, fields in a fixed order. Equal values have equal bytes. What is read may be anything:
/// errc::state_damaged unless encode() would have written it. REQUIRES: either a result or `why`.
std::string encode(const corpus_outcome& outcome);
std::string encode(const kept_checkpoint& kept);
result<corpus_outcome> decode_corpus_outcome(std::string_view bytes);
result<kept_checkpoint> decode_kept_checkpoint(std::string_view bytes);

/// How far a run is, so that two can be compared: a later step, then a later iteration, then more groups.
struct corpus_progress {
  corpus_step step = corpus_step::measure;
  uint32_t iteration = 0;
  uint32_t groups = 0;

  auto operator<=>(const corpus_progress&) const = default;
};
corpus_progress progress_of(const corpus_checkpoint& checkpoint) noexcept;

} // namespace weft
