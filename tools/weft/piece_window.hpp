#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace weft::cli {

/// The bytes of a text that wait for their answer: the bound on the memory of a stream of any length, and what is sent
/// again when a node is lost. Three threads meet here: the source pushes, the writer takes what is unsent, the reader
/// says how far the answers have come. Thread-safe.
/// REQUIRES: bytes_max > 0.
class piece_window {
public:
  explicit piece_window(size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Source: waits for room. False once closed.
  bool push(std::string_view piece);
  /// Source: there will be no further byte.
  void finish();

  /// Writer: the next unsent bytes, waiting for some. False when all are sent and no more come, when `generation` is
  /// over, or once closed.
  bool take(uint64_t generation, std::string& piece);

  /// Reader: waits until a byte needs an answer. False when none will, or once closed.
  bool wait_for_work();
  /// Reader: all before this byte of the text is answered. False when that was answered before, or is not sent yet.
  bool answer(uint64_t end);
  /// Reader: the first byte of the text without an answer.
  uint64_t begin() const;
  /// Reader: everything was sent, and no more comes.
  bool all_sent() const;
  /// Reader: bytes that were sent and have no answer.
  size_t outstanding() const;
  /// Reader: all that is unanswered is sent again on a new stream. Returns the new generation; the old one is over.
  uint64_t rewind();
  /// Any thread: everybody stops waiting.
  void close();
  bool closed() const;

  static constexpr size_t piece_bytes_max = size_t{64} << 10;

private:
  const size_t bytes_max_;
  mutable std::mutex mutex_; // guards the rest
  std::condition_variable changed_;
  std::string bytes_;  ///< unanswered
  uint64_t begin_ = 0; ///< place of bytes_ in the text
  size_t sent_ = 0;    ///< of bytes_
  uint64_t generation_ = 0;
  bool finished_ = false;
  bool closed_ = false;
};

} // namespace weft::cli
