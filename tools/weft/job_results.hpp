#pragma once

#include "tools/weft/client.hpp"
#include "weft/v1/job.pb.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace weft::cli {

struct results_settings {
  std::string id;
  uint64_t from = 0;
  bool failed_only = false;
  /// How often every endpoint is tried again without any progress (as in submission_settings).
  size_t rounds_max = 8;
};

/// Gets the items in order. False ends the work.
using result_sink = std::function<bool(const v1::ItemResult&)>;

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

/// The news of a job until it has ended, or `news` says false. When a node is lost, the next one tells on.
std::optional<problem> watch_job(client& from, const std::string& id, const std::function<bool(const v1::Job&)>& news);

} // namespace weft::cli
