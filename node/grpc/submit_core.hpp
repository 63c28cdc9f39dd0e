#pragma once

#include "node/grpc/convert_job.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace weft {

/// What a text takes beside its bytes, its string and its place here: so a message of empty texts is not free.
inline constexpr uint64_t submitted_text_bytes = 64;

/// What may wait for texts that have not come: all but the last one of a segment.
inline constexpr uint64_t segment_rest_bytes = segment_bytes_max + segment_items_max * submitted_text_bytes;

/// The order and the window of one submission: which of a client's texts are the job's next ones, and whether more may
/// be read while those before are not durable. It decides; submit_stream acts. Not thread-safe.
///
/// Texts are counted one by one, not by message: segments end anywhere in a message, and what is behind the last one's
/// end becomes durable only with texts of the next message.
class submit_core {
public:
  /// What a message brings to the job.
  struct step {
    std::vector<std::string> texts; ///< the next ones
    bool complete = false;
  };

  /// The job is there; the client goes on with item `items_durable`. REQUIRES: once.
  void opened(uint64_t items_durable);

  /// The next message. Texts that are durable already, or under way, are left out. Fails with errc::invalid_argument: a
  /// gap before its first text, a second opening. REQUIRES: opened(), not complete().
  result<step> take(submit_message message);

  /// So many items from the first one on are durable. What is less than before is ignored.
  void durable(uint64_t items);

  bool is_open() const noexcept { return open_; }
  bool complete() const noexcept { return complete_; }
  /// Another message may be read: the job is open, has not got its last item, and little of it waits.
  bool may_read() const noexcept { return open_ && !complete_ && bytes_waiting_ < submission_window; }
  /// Of the texts that are not durable.
  uint64_t bytes_waiting() const noexcept { return bytes_waiting_; }
  uint64_t items_taken() const noexcept { return next_; } ///< with those that were durable before

private:
  std::deque<uint32_t> under_way_; ///< bytes of each text that is not durable; a message has 32 MiB at most
  uint64_t bytes_waiting_ = 0;     ///< their sum
  uint64_t next_ = 0;              ///< item that the next text is
  bool open_ = false;
  bool complete_ = false;
};

} // namespace weft
