#include "runtime/admission/admission.hpp"

#include "runtime/admission/call_size.hpp"
#include "runtime/base/assert.hpp"

#include <string>
#include <utility>

namespace weft {
namespace {

failure too_many_calls(uint64_t limit) {
  return {errc::overloaded, "the node has " + std::to_string(limit) + " calls in flight", {}, overload_retry_after};
}

failure too_many_bytes(uint64_t limit) {
  return {
      errc::overloaded, "the texts in flight would pass " + std::to_string(limit) + " bytes", {}, overload_retry_after};
}

} // namespace

class admission::permit {
public:
  permit(std::shared_ptr<admission> gate, uint64_t bytes) noexcept : gate_(std::move(gate)), bytes_(bytes) {}
  permit(const permit&) = delete;
  permit& operator=(const permit&) = delete;
  ~permit() {
    gate_->done_.fetch_add(1, std::memory_order_relaxed);
    gate_->leave(bytes_);
  }

private:
  std::shared_ptr<admission> gate_;
  uint64_t bytes_;
};

result<permit_ptr> admission::admit(const embed_request& request) {
  auto now = limits();
  if (closed_.load())
    return refuse({errc::draining, "the node takes no new calls"});
  if (calls_.load(std::memory_order_relaxed) >= now.calls_max)
    return refuse(too_many_calls(now.calls_max));
  auto bytes = measure_call(request, now);
  if (!bytes)
    return refuse(std::move(bytes.error()));
  // Credit first, door second; close() does it the other way round. So either it sees this call, or we see it closed.
  auto calls = calls_.fetch_add(1);
  auto held = bytes_.fetch_add(*bytes);
  auto open = !closed_.load();
  if (open && calls < now.calls_max && held + *bytes <= now.bytes_max)
    return permit_ptr{std::make_shared<permit>(shared_from_this(), *bytes)};
  leave(*bytes);
  if (!open)
    return refuse({errc::draining, "the node takes no new calls"});
  return refuse(calls >= now.calls_max ? too_many_calls(now.calls_max) : too_many_bytes(now.bytes_max));
}

void admission::set_limits(const call_limits& limits) noexcept {
  calls_max_ = limits.calls_max;
  bytes_max_ = limits.bytes_max;
  items_max_ = limits.items_max;
  text_bytes_max_ = limits.text_bytes_max;
  call_bytes_max_ = limits.call_bytes_max;
}

call_limits admission::limits() const noexcept {
  constexpr auto relaxed = std::memory_order_relaxed;
  return {.calls_max = calls_max_.load(relaxed),
          .bytes_max = bytes_max_.load(relaxed),
          .items_max = items_max_.load(relaxed),
          .text_bytes_max = text_bytes_max_.load(relaxed),
          .call_bytes_max = call_bytes_max_.load(relaxed)};
}

void admission::close(std::function<void()> idle) {
  {
    std::lock_guard lock{idle_mutex_};
    idle_ = [first = std::move(idle_), second = std::move(idle)] {
      if (first)
        first();
      if (second)
        second();
    };
  }
  closed_.store(true);
  if (calls_.load() == 0)
    tell_idle();
}

failure admission::refuse(failure reason) noexcept {
  refused_.fetch_add(1, std::memory_order_relaxed);
  return reason;
}

void admission::leave(uint64_t bytes) noexcept {
  bytes_.fetch_sub(bytes);
  auto calls = calls_.fetch_sub(1);
  WEFT_ASSERT(calls > 0);
  if (calls == 1 && closed_.load())
    tell_idle();
}

void admission::tell_idle() {
  std::function<void()> idle;
  {
    std::lock_guard lock{idle_mutex_};
    idle = std::exchange(idle_, nullptr);
  }
  if (idle)
    idle();
}

} // namespace weft
