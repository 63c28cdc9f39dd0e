#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/numeric_class.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace weft {

/// A packed batch of tokenized texts, without padding.
struct embed_batch {
  std::vector<int32_t> ids;       ///< [tokens], each sequence with its [CLS] and [SEP]
  std::vector<uint32_t> offsets;  ///< [sequences + 1], ascending from 0 to ids.size(); no sequence is empty
  std::vector<uint8_t> normalize; ///< [sequences], 1 = scale the vector to length 1

  uint32_t sequences() const noexcept { return static_cast<uint32_t>(normalize.size()); }
};

struct embed_vectors {
  std::vector<float> values; ///< [sequences, dimensions]
};

/// What an engine can execute. Operations are added here, never beside it.
using engine_work = std::variant<embed_batch>;
using engine_output = std::variant<embed_vectors>;

struct engine_reply {
  result<engine_output> output;
  std::chrono::nanoseconds busy{}; ///< device time of this work
};

struct engine_info {
  std::string device; ///< "cpu:0", "cuda:1"
  numeric_class precision = numeric_class::fp32;
  uint32_t dimensions = 0;
  uint32_t batch_tokens_best = 0; ///< more tokens a batch do not raise its throughput (they raise its latency)
};

/// Executes work on one device, on a thread of its own, one piece at a time in the order given.
/// Destroying it finishes the piece in progress, fails those that wait with errc::unavailable, and joins the thread.
class engine {
public:
  virtual ~engine() = default;
  virtual const engine_info& info() const noexcept = 0;
  /// `done` is called exactly once, on the engine's thread; it must only send a message. Thread-safe.
  virtual void run(engine_work work, std::function<void(engine_reply)> done) = 0;
};

} // namespace weft
