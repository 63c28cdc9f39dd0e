#pragma once

#include "runtime/jobs/effects.hpp"
#include "runtime/ports/call.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace weft {

struct job_runs_options {
  node_id self{};
  std::chrono::milliseconds retry_after{}; ///< doubles with each try, up to retry_after_max
  std::chrono::milliseconds retry_after_max{};
};

/// The runs of JOB_KEEPER that are under way: makes a call of each, and another one later when the node had no room for
/// it. Not thread-safe.
class job_runs {
public:
  /// make: a call of these texts that tells the keeper how run number `run` ended, submitted.
  using call_maker = std::function<call_ptr(uint64_t run, context, embed_request)>;

  job_runs(const job_runs_options& options, call_maker make) : options_(options), make_(std::move(make)) {}

  void start(const run_texts& what);
  void cancel(uint64_t run);
  /// What the core is told: nothing when the run was cancelled, or is tried again later.
  std::optional<run_outcome> ended(uint64_t run, result<embed_result> outcome, time_point now);
  /// Starts again what waited for its time.
  void tick(time_point now);
  std::optional<time_point> next_wake() const;

private:
  struct under_way {
    std::shared_ptr<const segment_texts> work;
    std::vector<uint32_t> items;
    bool is_try = false;
    bool is_bound = false; ///< to a numeric class
    call_ptr call;         ///< null while it waits
    uint32_t tries = 0;
    time_point again_at{};
  };

  void submit(uint64_t run, under_way& it);
  std::chrono::milliseconds pause_of(const under_way& it, const failure& why) const;

  job_runs_options options_;
  call_maker make_;
  std::map<uint64_t, under_way> runs_;
};

} // namespace weft
