#pragma once

#include "runtime/base/errc.hpp"
#include "runtime/job/embed.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace weft {

/// Where counts and latencies go (a Prometheus registry in the node, nothing in most tests). Thread-safe, never
/// blocks for long; called about once a call or once a batch, never once an item.
class meter {
public:
  virtual ~meter() = default;
  virtual void call_ended(std::string_view operation, errc code, std::chrono::nanoseconds total,
                          const call_times& times) = 0;
  virtual void batch_computed(std::string_view device, uint64_t items, uint64_t tokens,
                              std::chrono::nanoseconds busy) = 0;
  /// Items that left a queue without being computed: expired, cancelled.
  virtual void items_dropped(errc why, uint64_t items) = 0;
  virtual void actor_restarted(std::string_view actor) = 0;
};

/// Measures nothing.
class null_meter final : public meter {
public:
  void call_ended(std::string_view, errc, std::chrono::nanoseconds, const call_times&) override {}
  void batch_computed(std::string_view, uint64_t, uint64_t, std::chrono::nanoseconds) override {}
  void items_dropped(errc, uint64_t) override {}
  void actor_restarted(std::string_view) override {}
};

} // namespace weft
