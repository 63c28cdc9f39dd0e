#pragma once

#include "runtime/base/errc.hpp"
#include "runtime/corpus/corpus_result.hpp"
#include "runtime/corpus_job/attachment.hpp"
#include "runtime/corpus_job/corpus_outcome.hpp"
#include "runtime/corpus_job/item_gaps.hpp"
#include "runtime/corpus_job/rank_plan.hpp"
#include "runtime/device_group/regroup.hpp"
#include "runtime/job/job_id.hpp"
#include "runtime/job/numeric_class.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weft {

/// The coordinator says to each node, again and again, what is to be the case there; the answer says what is. So a
/// message that is lost, comes twice or too late does no harm, and whoever starts anew needs no history.
enum class corpus_wish : uint8_t {
  prepare, ///< leave former epochs, and listen to nobody below this one
  load,    ///< the vectors of your share
  run,     ///< take part, step by step, to the end; stay for what is asked of your result
  end,     ///< forget the job
};

/// With `load`.
struct corpus_load {
  corpus_options options;
  std::vector<group_worker> ranks; ///< who takes part, ascending
  std::vector<planned_segment> share;
  uint64_t roster = 0;                 ///< of the corpus; what a node remembers of another is of no use
  uint64_t items = 0;                  ///< of the whole corpus
  uint64_t job_items = 0;              ///< with those that failed
  std::optional<attached_kind> from{}; ///< fetch this checkpoint: no node remembers one that is as far

  bool operator==(const corpus_load&) const = default;
};

/// With `run`, to one rank: keep this with the job.
struct corpus_keep {
  attached_kind kind = attached_kind::checkpoint_a;
  uint64_t generation = 0;
  item_gaps gaps;                                ///< for an outcome
  std::string model_version;                     ///< for an outcome
  numeric_class precision = numeric_class::fp32; ///< for an outcome

  bool operator==(const corpus_keep&) const = default;
};

struct corpus_order {
  job_id job;
  uint64_t number = 0; ///< rises with each order of one coordinator; the report says which one it answers
  uint64_t epoch = 0;
  group_worker coordinator; ///< this process of this node
  corpus_wish wish = corpus_wish::prepare;
  std::optional<corpus_load> load{}; ///< where that is the wish
  std::optional<corpus_keep> keep{}; ///< only with `run`

  bool operator==(const corpus_order&) const = default;
};

enum class corpus_stage : uint8_t {
  idle,     ///< knows nothing of the job
  refused,  ///< listens to another epoch or coordinator: `epoch` says to which
  prepared, ///< takes no part yet
  loading,
  loaded,
  running,
  finished, ///< has the result
  failed,   ///< its part in this epoch ended, with `why`
};

/// What a rank has loaded.
struct loaded_share {
  std::vector<item_run> gaps; ///< of its segments
  std::string model_version;
  uint32_t dimensions = 0; ///< of its vectors
  numeric_class precision = numeric_class::fp32;

  bool operator==(const loaded_share&) const = default;
};

/// Why items of two numeric classes are no corpus.
inline std::string mixed_classes(numeric_class one, numeric_class other) {
  return "its items were embedded in the numeric classes " + std::string{to_string(one)} + " and " +
         std::string{to_string(other)} +
         ", whose vectors are not to be compared: set model.precision to one class on all nodes, then submit it again";
}

/// Why a node's part in an epoch ended.
struct corpus_break {
  errc code = errc::unavailable;
  std::string message;

  bool operator==(const corpus_break&) const = default;
};

struct corpus_report {
  job_id job;
  uint64_t number = 0;
  group_worker worker; ///< who reports
  uint64_t epoch = 0;  ///< that it listens to
  corpus_stage stage = corpus_stage::idle;
  uint64_t roster = 0;      ///< of what it remembers; 0: nothing
  corpus_progress progress; ///< of the checkpoint that it remembers, or the step that it has reached
  std::optional<loaded_share> loaded{};
  std::optional<corpus_break> why{};
  uint64_t result_hash = 0; ///< where it has finished: the same on every rank
  uint64_t kept = 0;        ///< the last generation that it has brought to safety in this epoch
  uint64_t keep_failed = 0; ///< the last one that it could not

  bool operator==(const corpus_report&) const = default;
};

} // namespace weft
