#pragma once

#include "runtime/compute/cuda/engine/batch_part.hpp"
#include "runtime/compute/cuda/engine/device_layer.hpp"
#include "runtime/compute/model/bert_weights.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

namespace weft::cuda {

/// The batches that a device works on, as parts in its slots. Batches end in the order in which they were added, each
/// is answered once. Belongs to the engine's thread.
class batch_run {
public:
  using answer = std::function<void(engine_reply)>;

  /// `device` outlives it.
  batch_run(device_layer& device, const bert_shape& shape);

  bool empty() const noexcept { return batches_.empty(); }
  /// Whether another batch would find something to do: all parts of those before are under way, and a slot is free.
  bool has_room() const noexcept;

  /// Whether step() would find the oldest part done, so that it waits for nothing. REQUIRES: not empty().
  bool oldest_done() const noexcept;

  /// Takes a batch and starts what fits the slots. A batch that is not well formed is answered in its turn. A failure,
  /// here and of step(): the device is lost; call fail_all().
  std::optional<failure> add(embed_batch batch, answer done);

  /// Waits for the oldest part, answers what is complete, starts what fits then. REQUIRES: not empty().
  std::optional<failure> step();

  /// Answers everything with this failure, device_lost; nothing is waited for.
  void fail_all(const failure& reason);

private:
  struct running_batch {
    embed_batch batch;
    answer done;
    embed_vectors out;
    uint32_t next = 0;             ///< sequence that the next part begins with
    uint32_t under_way = 0;        ///< parts
    std::optional<failure> reason; ///< why it fails: no further part is started
    bool all_started() const noexcept { return reason || next == batch.sequences(); }
  };
  struct running_part {
    running_batch* owner;
    batch_part part;
    uint32_t slot;
  };

  std::optional<failure> start_parts();
  std::optional<failure> start_part(running_batch& of);
  std::optional<failure> collect_oldest();
  void take_failure(running_batch& of, batch_part part, failure reason);
  void answer_complete();

  device_layer& device_;
  const bert_shape shape_;
  part_limit limit_;
  std::deque<running_batch> batches_;
  std::deque<running_part> parts_; ///< under way, in the order of their start
  std::vector<uint32_t> slots_free_;
  std::chrono::steady_clock::time_point busy_since_{}; ///< when the batch in front had the device for itself
};

} // namespace weft::cuda
