#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

namespace weft {

/// What one text costs beside its bytes: its string, its place in a stream, and an answer of 384 numbers.
inline constexpr uint64_t item_bytes = 2'048;

/// Bytes that many hold together. Credit is taken before bytes are kept; who finds no room waits in line, and nobody
/// overtakes the line. Thread-safe.
class byte_budget {
public:
  class waiter {
  public:
    virtual ~waiter() = default;
    /// The credit that was asked for is taken in the waiter's name. Any thread, no lock of the budget is held.
    virtual void granted(uint64_t bytes) = 0;
  };

  explicit byte_budget(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// False: there is no room.
  bool take(uint64_t bytes);
  /// As take(), but where there is no room `who` stands in line. More than the whole budget is granted when nothing
  /// else is held. Who is gone when its turn comes is passed over.
  bool take_or_wait(uint64_t bytes, std::weak_ptr<waiter> who);
  /// Takes it whether there is room or not: what is there already must be counted.
  void add(uint64_t bytes);
  /// Grants what fits now to those in line, on this thread.
  void give_back(uint64_t bytes);

  uint64_t bytes_held() const;
  /// No room is left.
  bool used_up() const { return bytes_held() >= bytes_max_; }

private:
  struct wish {
    uint64_t bytes;
    std::weak_ptr<waiter> who;
  };
  bool fits(uint64_t bytes) const noexcept { return held_ == 0 || held_ + bytes <= bytes_max_; }

  const uint64_t bytes_max_;
  mutable std::mutex mutex_; // guards all below
  uint64_t held_ = 0;
  std::deque<wish> line_;
  bool granting_ = false; ///< a thread works on the line
};

/// Credit of a byte_budget that one owner holds, given back when it goes.
class byte_credit {
public:
  byte_credit() = default;
  /// Of credit that was taken already.
  byte_credit(std::shared_ptr<byte_budget> from, uint64_t bytes) : from_(std::move(from)), bytes_(bytes) {}
  byte_credit(byte_credit&& other) noexcept : from_(std::move(other.from_)), bytes_(other.bytes_) {}
  byte_credit& operator=(byte_credit&& other) noexcept {
    std::swap(from_, other.from_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~byte_credit() {
    if (from_)
      from_->give_back(bytes_);
  }

private:
  std::shared_ptr<byte_budget> from_;
  uint64_t bytes_ = 0;
};

} // namespace weft
