#pragma once

#include "runtime/compute/collective/rank_exchange.hpp"
#include "runtime/compute/collective/verb_collective.hpp"
#include "runtime/ports/rank_link.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace weft {

struct linked_options {
  /// Values in a piece at most: larger costs memory (rank_window pieces a rank, both ways), smaller costs frames.
  /// A multiple of 8, up to rank_payload_bytes_max.
  size_t piece_bytes = 256 * 1024;
};

/// A communicator between nodes, over any link that carries frames: rank_exchange with a lock around it. The thread
/// that calls a verb does its work; the link's threads only put down what comes, so a failure that one of them notices
/// between two verbs is passed on by the next verb, or by the end. abort() and async_error() by any, while it lives.
/// Destroying it tells the others that this rank is gone. What throws for want of memory, in a verb or when a frame
/// comes, ends the communicator like an abort of this rank.
class linked_collective final : public verb_collective, private rank_inbox {
public:
  /// REQUIRES: link is not null, carries to the ranks of this group, and is attached to nothing else.
  linked_collective(collective_group group, std::shared_ptr<rank_link> link, linked_options options = {});
  linked_collective(const linked_collective&) = delete;
  linked_collective& operator=(const linked_collective&) = delete;
  ~linked_collective() override;

  void abort(failure reason) noexcept override;
  std::optional<failure> async_error() const override;

  /// Frames that were of another epoch, or came from no other rank.
  uint64_t frames_dropped() const;

private:
  status run(const verb_call& call, patience limit) override;
  void receive(rank_frame frame) override;
  void link_down(uint32_t rank, std::string why) override;

  template <class Task> void guarded(std::unique_lock<std::mutex>& lock, const Task& task) noexcept;
  template <class Task> void take_down(const Task& task) noexcept;
  void send(std::unique_lock<std::mutex>& lock);

  const std::shared_ptr<rank_link> link_;
  mutable std::mutex mutex_; // never held while the link is called: it calls us
  std::condition_variable wake_;
  rank_exchange exchange_;
  bool news_ = false; // something came since the verb's thread looked
};

} // namespace weft
