#pragma once

#include "node/grpc/byte_budget.hpp"
#include "runtime/base/result.hpp"
#include "runtime/job/embed.hpp"

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <deque>
#include <optional>

namespace weft {

/// How much of one stream may be in the node at once.
struct stream_limits {
  uint32_t items_max = 1'024; ///< texts read and not yet answered to the client; two batches of a worker
  /// Of those texts, or of their answers where these have more: as long as there are so many, no message is read, and
  /// no text goes to the actors before which unread answers of so many bytes wait. One message more may be there, and
  /// whatever more than their texts the answers to the groups have that were out by then.
  uint64_t bytes_max = 8'388'608;
  uint32_t group_items_max = 64;        ///< texts that go through the node as one call
  uint64_t group_bytes_max = 1'048'576; ///< of them, unless one text alone has more
  uint32_t groups_max = 16;             ///< with the actors; items_max / group_items_max of full ones
};

/// A message of so many bytes is taken in by a stream that holds no texts even if all streams together hold too much:
/// clients that do not read their answers must not stop the others for good.
inline constexpr uint64_t stream_bytes_sure = 65'536;

/// Texts of a group while streams crowd the node (stream_share): 1 024 streams have no more than 8 192 beyond it.
inline constexpr uint32_t crowded_group_items = 8;

/// Texts of a stream that go through the node as one call.
struct stream_group {
  uint64_t first = 0; ///< position in the stream of its first text
  embed_request request;
  bool alone = false;      ///< of a group that failed for one text's sake: its texts go one by one
  uint64_t first_byte = 0; ///< of the stream's texts, those before it
};

/// The order and the window of one bidirectional stream: answers leave in the order of their texts, and the next
/// message is read only while few texts wait. Texts that wait are sent together, whatever messages they came in, where
/// they agree in model and options. It decides; embed_stream acts. Not thread-safe.
///
/// Each group that next_group() gives comes back once, through done(), split() or retry().
class stream_core {
public:
  explicit stream_core(const stream_limits& limits) : limits_(limits) {}

  // What has happened.

  /// A message with texts came.
  void add(embed_request message);
  /// The client has sent its last text.
  void close() noexcept { closed_ = true; }
  /// No more texts are read; after the answers to those that were, the stream ends with `reason`.
  void close(failure reason);
  /// A group was answered: one message a text.
  void done(uint64_t first, std::vector<grpc::ByteBuffer> messages);
  /// A group of several texts failed: each goes again, alone, so that only the bad one fails.
  /// REQUIRES: group.request.texts.size() > 1.
  void split(stream_group group);
  /// A refused group goes again, before all others.
  void retry(stream_group group);
  /// A group of `items` cannot be answered: the stream ends with `reason` where its first answer would be.
  void end(uint64_t first, size_t items, failure reason);
  /// The message that next_message() gave has left.
  void written();
  /// The client has gone.
  void abandon() noexcept { abandoned_ = true; }
  /// The stream is over: its texts and answers go, and groups that come back later do nothing.
  void discard() noexcept;

  // What is to be done.

  /// More texts would be answered.
  bool open() const noexcept { return !closed_ && !ending_ && !abandoned_; }
  bool may_read() const noexcept;
  /// crowded: of all streams together too much is with the actors.
  std::optional<stream_group> next_group(bool crowded = false);
  /// The next answer in order; not before the last one was written().
  std::optional<grpc::ByteBuffer> next_message();
  /// Whether another answer is ready behind the one that is being written.
  bool more_messages() const noexcept;
  /// Nothing is left to do: the stream ends with this (errc::none: well).
  std::optional<failure> finished() const;

  // What is there, for tests and limits.

  uint64_t items_held() const noexcept { return slots_.size(); }
  uint64_t items_computing() const noexcept { return computing_; }
  /// Of memory, until the answers have left.
  uint64_t bytes_held() const noexcept { return bytes_ + slots_.size() * item_bytes; }

private:
  struct slot {
    uint64_t bytes = 0; ///< of the text, or of its answer where that has more
    uint64_t first_byte = 0;
    std::optional<grpc::ByteBuffer> message;
  };
  /// Texts in a row, of which those from `next` on wait.
  struct run {
    stream_group texts;
    size_t next = 0;
    uint64_t position() const noexcept { return texts.first + next; }
    size_t left() const noexcept { return texts.request.texts.size() - next; }
  };
  struct ending {
    uint64_t at; ///< position in the stream
    failure reason;
  };

  void end_at(uint64_t position, failure reason);
  bool joins(const stream_group& group, const run& next) const;
  bool move_texts(run& from, stream_group& to, size_t items_max);
  bool at_end() const noexcept { return ending_ && ending_->at <= first_; }
  bool returned(size_t items); ///< false: too late to matter
  bool too_much_unread() const noexcept;

  stream_limits limits_;
  std::deque<slot> slots_; // texts from position first_ on
  uint64_t first_ = 0;
  uint64_t bytes_ = 0;      // of all slots
  uint64_t unread_ = 0;     // of those that are answered
  uint64_t bytes_seen_ = 0; // of all texts
  std::deque<run> waiting_; // in order
  uint64_t waiting_items_ = 0;
  uint64_t computing_ = 0; // texts of the groups that are out
  uint32_t groups_out_ = 0;
  bool writing_ = false;
  bool closed_ = false;
  bool abandoned_ = false;
  bool discarded_ = false;
  std::optional<ending> ending_;
};

} // namespace weft
