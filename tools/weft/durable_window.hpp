#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace weft::cli {

/// The texts of a job that are not durable yet, oldest first: the bound on the memory of a submission of any length,
/// and what is sent again when a stream is cut. Whatever input they come from is read once. Three threads meet here:
/// the source pushes, the writer takes what is unsent, the reader hands in what has become durable. Thread-safe.
/// REQUIRES: items_max > 0, batch_items_max > 0.
class durable_window {
public:
  struct limits {
    size_t items_max = 262'144;
    size_t bytes_max = size_t{16} << 20;        ///< twice what a node takes in; one larger text enters an empty window
    size_t batch_items_max = 1'024;             ///< texts of one message
    size_t batch_bytes_max = size_t{256} << 10; ///< a single larger text makes its own message
  };
  explicit durable_window(limits l);

  /// Source: the next text; waits for room. What is durable already is dropped. False once closed.
  bool push(std::string text);
  /// Source: there will be no further text.
  void finish();

  struct batch {
    uint64_t first = 0;   ///< place in the job of its first text
    size_t items = 0;     ///< none in the last batch of a job whose texts have all gone
    bool is_last = false; ///< there are no more behind it
  };
  /// Writer: hands the next unsent texts to `use` in order, waiting for some. False after the last batch, when
  /// `generation` is over, or once closed.
  bool take(uint64_t generation, const std::function<void(const std::string&)>& use, batch& taken);

  /// Reader: a new stream goes on with item `durable`: what is behind it is sent again. Returns the new generation, the
  /// old one is over; 0: the node has less than was acknowledged before, and nothing has changed.
  uint64_t resume(uint64_t durable);
  /// Reader: the stream is over.
  void pause();
  /// Reader: so many items from the first on are durable.
  void durable(uint64_t items);
  /// The job takes no more: what comes from the source is counted, and dropped.
  void only_count();
  /// Waits for the end of the input. False: the deadline came first.
  bool wait_for_input(std::optional<std::chrono::system_clock::time_point> deadline);

  uint64_t items_durable() const;
  uint64_t items_pushed() const; ///< with those that were dropped
  /// The node must answer before anything goes on: everything was sent, or there is no more room.
  bool is_stuck() const;
  /// The input has ended before what is durable: it is not that of the job. The window is closed then.
  bool is_short() const;
  /// Any thread: everybody stops waiting.
  void close();
  bool closed() const;

private:
  bool has_room(size_t bytes) const;
  bool can_take(uint64_t generation) const;
  bool ends_early() const { return finished_ && next_ < durable_; }
  void drop_to(uint64_t items);

  const limits limits_;
  mutable std::mutex mutex_; // guards the rest
  std::condition_variable changed_;
  std::deque<std::string> texts_; ///< from item durable_ on, or fewer where the source is behind
  size_t bytes_ = 0;
  size_t sent_ = 0;      ///< of texts_, from the front
  uint64_t durable_ = 0; ///< items
  uint64_t next_ = 0;    ///< item that is pushed next
  uint64_t generation_ = 0;
  bool waits_for_room_ = false;
  bool finished_ = false;
  bool only_counts_ = false;
  bool last_sent_ = false; ///< in this generation
  bool closed_ = false;
};

} // namespace weft::cli
