#pragma once

#include "runtime/ports/meter.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Registry;
}

namespace weft {

/// Counts calls and batches in a Prometheus registry. Thread-safe; one lookup in a small table a call.
/// Labels are bounded: 32 operations, 256 devices, 64 actors; further ones are counted as "other".
class node_meter final : public meter {
public:
  explicit node_meter(std::shared_ptr<prometheus::Registry> registry);
  ~node_meter() override;

  void call_ended(std::string_view operation, errc code, std::chrono::nanoseconds total,
                  const call_times& times) override;
  void batch_computed(std::string_view device, uint64_t items, uint64_t tokens, std::chrono::nanoseconds busy) override;
  void items_dropped(errc why, uint64_t items) override;
  void actor_restarted(std::string_view actor) override;

  /// Whether the node has addresses to join through and nobody there lets it in.
  void show_alone(bool alone);
  /// Whether a device ("cuda:0") computes, or is lost.
  void show_device(const std::string& device, bool usable);

  /// A step of the cumulative histogram over all APIs' embed calls that were answered.
  struct latency_step {
    double seconds_max = 0; ///< infinite in the last one
    uint64_t calls = 0;
  };
  std::vector<latency_step> embed_latency() const;

private:
  struct families;
  std::unique_ptr<families> families_;
};

} // namespace weft
