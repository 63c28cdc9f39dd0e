#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/call.hpp"
#include "runtime/ports/meter.hpp"
#include "runtime/ports/model.hpp"
#include "runtime/ports/node_view.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weft {

/// When a model's weights are read: at start, or by the first call that needs them.
enum class model_load : uint8_t { kept, lazy };

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
  uint32_t workers_max = 1;
  uint32_t tokenizers = 1;
  uint32_t batch_tokens_max = 16'384; ///< no batch has more, whatever clients send
  uint32_t batch_items_max = 4'096;
  uint64_t queue_items_max = 65'536;
  uint64_t queue_tokens_max = 16'777'216;
  bool pin_threads = false;
  bool batching = true; ///< off: one text a batch
};

/// What may be in flight in the node at once, and how large one call may be.
struct call_limits {
  uint32_t calls_max = 8'192;
  uint64_t bytes_max = 268'435'456; ///< of texts, all calls together
  uint32_t items_max = 1'024;       ///< texts in one call
  uint64_t text_bytes_max = 16'777'216;
  uint64_t call_bytes_max = 33'554'432;
};

struct tree_options {
  std::string node_name;
  std::string version;
  std::vector<model_entry> models; ///< the first is the default
  std::vector<pool_options> pools;
  call_limits limits;
  uint32_t scheduler_threads = 2;
  std::shared_ptr<meter> meter;
  /// Called once, from an actor's thread, when a child fails more often than its restart limit allows.
  std::function<void(std::string reason)> on_unhealthy;
  /// One line for the log: ("warn", "worker", "restarted: …"). Thread-safe.
  std::function<void(std::string_view level, std::string_view actor, std::string_view text)> log;
};

/// The actors of one node: node_supervisor and its children. Starts them on construction, stops them in order on
/// destruction (queued calls are answered errc::draining). All members are thread-safe and never block, except the
/// destructor.
class actor_tree {
public:
  explicit actor_tree(tree_options options);
  ~actor_tree();
  actor_tree(const actor_tree&) = delete;
  actor_tree& operator=(const actor_tree&) = delete;

  ingress& entrance() noexcept;
  std::shared_ptr<const node_view> view() const noexcept;

  /// Takes no new calls from now on; calls `drained` once (from an actor's thread) when none is in flight.
  void drain(std::function<void()> drained);

  /// Applies what can change while running: limits at once; pools' sizes, budgets and bounds for the next batch.
  /// Pools are matched by name; unknown ones are ignored.
  void reconfigure(const call_limits& limits, const std::vector<pool_options>& pools);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace weft
