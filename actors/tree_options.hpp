#pragma once

#include "actors/cache_options.hpp"
#include "actors/compress_options.hpp"
#include "actors/device_group_options.hpp"
#include "actors/document_options.hpp"
#include "actors/job_options.hpp"
#include "actors/settings_options.hpp"
#include "runtime/admission/call_limits.hpp"
#include "runtime/base/result.hpp"
#include "runtime/ports/meter.hpp"
#include "runtime/ports/model.hpp"
#include "runtime/ports/peer_link.hpp"
#include "runtime/registry/model_registry.hpp"
#include "runtime/scaling/scaling_core.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// A model that this node can serve.
struct model_entry {
  std::string name;
  model_load load = model_load::kept;
  /// Runs on a thread of its own, never on an actor's; may take seconds.
  std::function<result<model_ptr>()> open;
};

/// A named set of workers that share one queue and serve one model.
struct pool_options {
  std::string name = "default";
  std::string model;
  uint32_t workers_min = 1;
  uint32_t workers_max = 1; ///< the autoscaler's limits
  uint32_t tokenizers = 1;
  /// No batch has more, whatever clients send. Raised to the model's tokens_max where it is less: texts are not split.
  uint32_t batch_tokens_max = 16'384;
  uint32_t batch_items_max = 4'096;
  uint64_t queue_items_max = 65'536;
  uint64_t queue_tokens_max = 16'777'216;
  bool pin_threads = false;
  bool batching = true; ///< off: one text a batch
  bool pooling = true;  ///< off: one worker
};

/// When pools grow and shrink. A pool's workers_min and workers_max are its own.
struct autoscaler_options {
  /// Shorter than the core's own times: workers of one machine start in a fraction of a second, not in minutes.
  scaling_options scaling{.grow_after = std::chrono::milliseconds{500}, .grow_pause = std::chrono::seconds{2}};
  std::chrono::milliseconds sample_period{250};
};

struct tree_options {
  std::string node_name;
  std::string version;
  std::vector<model_entry> models; ///< the first is the default
  std::vector<pool_options> pools;
  autoscaler_options scaling;
  settings_options settings;
  cache_options cache;
  job_options jobs;
  device_group_options corpora;
  compress_options compress;
  document_options documents;
  std::shared_ptr<peer_link> peers; ///< the way to other nodes; null: there are none
  call_limits limits;
  /// One is fastest (no thread is woken between two actors) until it cannot tokenize as fast as the engines compute.
  uint32_t scheduler_threads = 1;
  /// The threads that bring calls run the actors on their way, so that none has to be woken (borrowed_turns.hpp).
  bool borrow_threads = true;
  bool plain = false; ///< no caching, and every pool without batching and pooling: what gains are measured against
  std::shared_ptr<weft::meter> meter;
  /// Called once, from an actor's thread, when a child fails more often than its restart limit allows.
  std::function<void(std::string reason)> on_unhealthy;
  /// Called when the tree is destroyed and the threads of ranks have had their time: how many more, of those who carry
  /// ranks, have not ended after so long. Null: none.
  std::function<size_t(std::chrono::milliseconds wait_max)> threads_aside;
  /// Called last of all when the tree is destroyed, if threads of ranks, or of threads_aside, hang in a driver or a
  /// library: so many are left behind, and whoever ends the process must not wait for what they hold. Null: nothing.
  std::function<void(size_t threads)> on_left_behind;
  /// One line for the log: ("warn", "worker", "restarted: …"). Thread-safe.
  std::function<void(std::string_view level, std::string_view actor, std::string_view text)> log;
};

} // namespace weft
