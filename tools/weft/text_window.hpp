#pragma once

#include "tools/weft/text_source.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

namespace weft::v1 {
class EmbedStreamResponse;
}

namespace weft::cli {

/// The texts that wait for their answer, oldest first: the bound on the memory of a stream of any length, what is sent
/// again when a node is lost, and the order in which results come out. A text with a trouble of its own is never
/// sent, but keeps its place. Three threads meet here: the source pushes, the writer takes what is unsent, the reader
/// hands in the answers. Thread-safe.
/// REQUIRES: items_max > 0, batch_items_max > 0.
class text_window {
public:
  struct limits {
    size_t items_max = 4096;
    size_t bytes_max = size_t{8} << 20;         ///< a single larger text enters when the window is empty
    size_t batch_items_max = 64;                ///< texts of one message
    size_t batch_bytes_max = size_t{256} << 10; ///< a single larger text makes its own message
  };
  /// Gets each text in order, one at a time: its answer, or nullptr when the text has a trouble of its own.
  /// False closes the window.
  using delivery = std::function<bool(const text_item&, const v1::EmbedStreamResponse*)>;

  text_window(limits l, delivery deliver);

  /// Source: waits for room. False once closed.
  bool push(text_item item);
  /// Source: there will be no further text.
  void finish();

  /// Writer: hands the next unsent texts to `use` in order, waiting for some. False when all are sent and no more come,
  /// when `generation` is over, or once closed.
  bool take(uint64_t generation, const std::function<void(const std::string&)>& use);

  /// Reader: waits until a text needs an answer. False when none will, or once closed.
  bool wait_for_work();
  /// Reader: delivers the answer to the oldest sent text. False when no text is without an answer.
  bool answer(const v1::EmbedStreamResponse& answer);
  /// Reader: every text has been delivered and no more come, or closed.
  bool done() const;
  /// Reader: how many texts were sent and have no answer.
  size_t outstanding() const;
  /// Reader: all that is unanswered is sent again on a new stream. Returns the new generation; the old one is over.
  uint64_t rewind();
  /// Any thread: everybody stops waiting.
  void close();
  bool closed() const;

private:
  bool has_room(const text_item& item) const;
  bool can_take(uint64_t generation) const;
  text_item pop();
  void deliver(const text_item& item, const v1::EmbedStreamResponse* answer);
  bool front_has_trouble() const;

  const limits limits_;
  const delivery deliver_;
  std::mutex order_; ///< held while delivering; taken before mutex_
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<text_item> items_;
  size_t bytes_ = 0;
  size_t sent_ = 0;       ///< of items_, from the front
  size_t unanswered_ = 0; ///< of those sent, without the troubled
  uint64_t generation_ = 0;
  bool finished_ = false;
  bool closed_ = false;
};

} // namespace weft::cli
