#pragma once

#include "tools/weft/client.hpp"
#include "tools/weft/durable_window.hpp"
#include "tools/weft/text_source.hpp"
#include "weft/v1/job.pb.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace weft::cli {

struct submission_settings {
  v1::JobOpening opening; ///< with its request id: every stream opens the job with it
  /// Without any answer for this long, while one is due, a node counts as stuck and the next one is asked.
  std::chrono::milliseconds stall_max{30'000};
  /// How often every endpoint is tried again without any progress, before it is given up: pauses of 25 s in all, longer
  /// than a node takes to start again.
  size_t rounds_max = 8;
  durable_window::limits window{};
};

/// How a submission goes on. Called by one thread at a time.
struct submission_news {
  std::function<void(const v1::Job&)> opened{};                                   ///< at every stream
  std::function<void(uint64_t items_durable, uint64_t input_bytes)> durable{};    ///< bytes that were read by then
  std::function<void(const problem& why, const std::string& next)> reconnected{}; ///< a stream was lost
};

struct submission_totals {
  v1::Job job;            ///< as it was told last; empty: it was never opened
  uint64_t items = 0;     ///< of the input
  bool was_there = false; ///< the job had all its items before
  uint32_t reconnections = 0;
};

/// Hands all texts of the source in, with bounded memory for any volume, and says that there are no more. When a node
/// is lost or has no quorum, the next one is asked, with the same request id, from what is durable on: nothing is
/// doubled. A text that is not UTF-8 is sent as it is, and becomes an item that fails; one that cannot be read, or is
/// too large, ends the submission, since an item must not shift. Blocks until the end. `stop` wakes the source.
std::optional<problem> submit_all(client& to, text_source& source, stop_signal& stop,
                                  const submission_settings& settings, const submission_news& news,
                                  submission_totals& totals);

} // namespace weft::cli
