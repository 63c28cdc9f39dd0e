#pragma once

#include "tools/weft/client.hpp"
#include "weft/v1/job.pb.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace weft::cli {

struct results_settings {
  std::string id;
  uint64_t from = 0;
  bool failed_only = false;
  /// How often every endpoint is tried again without any progress (as in submission_settings).
  size_t rounds_max = 8;
};

/// Gets the items in order. False ends the work.
struct result_sink {
  std::function<bool(const v1::ItemResult&)> item;
  std::function<bool()> page{}; ///< after the items that came together, where that is of interest
};

struct results_totals {
  uint64_t items = 0;
  uint64_t failed = 0;
  uint64_t tokens = 0;
  v1::ResultInfo info; ///< of the last group that came
  bool mixed = false;  ///< not all groups are of one version of the model
};

/// Hands on the results of a job as they become done, until it has ended, in the memory of one message. When a node is
/// lost, the next one goes on with the item after the last one that came.
std::optional<problem> read_results(client& from, const results_settings& settings, const result_sink& sink,
                                    results_totals& totals);

/// What came of a corpus job.
struct corpus_outcome {
  v1::CorpusFacts facts;
  std::vector<v1::CorpusCluster> clusters;
  std::vector<v1::CorpusDuplicate> duplicates;
  std::vector<v1::CorpusPick> extract;
  std::vector<v1::CorpusLabels> labels; ///< where they were asked for
};

/// Reads the outcome of a corpus job that has ended, whole. When a node is lost, the next one begins anew.
std::optional<problem> read_corpus(client& from, const std::string& id, bool with_labels, corpus_outcome& out);

/// The job as it is now.
std::optional<problem> look_at(client& from, const std::string& id, v1::Job& job);

/// A line, with its end, on a job that has ended otherwise than done: how many of its items from `first` on have a
/// result. "" for others.
std::string end_text(const v1::Job& job, uint64_t first, uint64_t with_result);

/// How a command ends that has given all there is of a job: failed where it was cancelled or has expired, since items
/// may be missing that nothing was said of.
exit_code exit_of_results(v1::JobState state);

/// The news of a job until it has ended, or `news` says false. When a node is lost, the next one tells on.
std::optional<problem> watch_job(client& from, const std::string& id, const std::function<bool(const v1::Job&)>& news);

} // namespace weft::cli
