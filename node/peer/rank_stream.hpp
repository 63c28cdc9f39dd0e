#pragma once

#include "node/peer/rank_outbox.hpp"
#include "runtime/base/result.hpp"
#include "runtime/ports/rank_link.hpp"

#include <grpcpp/alarm.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace weft {

/// Where a stream puts what comes. gRPC's threads; short, must not block.
class rank_sink {
public:
  virtual ~rank_sink() = default;
  virtual void came(uint32_t from, rank_frame frame) = 0;
  /// Once, after all that came. Nothing can be sent any more.
  virtual void down(uint32_t from, std::string why) = 0;
};

/// One stream between two ranks, seen from either end: what to do next, one operation of gRPC's after the other.
/// Reads nothing before it is started, so what comes too early waits in gRPC's windows, and with the sender. Ends when
/// the other side has ended (clean or not), when it is told to leave and all has been written, or when it is cancelled.
/// Thread-safe. What to do is decided under the lock and done outside of it, by one thread at a time: gRPC may come
/// back from within, and its RPC is gone after the last operation.
class rank_stream : public std::enable_shared_from_this<rank_stream> {
public:
  rank_stream(const rank_stream&) = delete;
  rank_stream& operator=(const rank_stream&) = delete;
  virtual ~rank_stream() = default;

  /// What waited for this stream goes first. Before anything else is sent, and before start().
  void put_first(rank_outbox waiting);
  /// From now on what comes goes to the sink. Once; tells at once where the stream has ended already.
  void start(uint32_t other, std::shared_ptr<rank_sink> sink);
  /// Never blocks. errc::unavailable: this side has ended it; errc::overloaded: too much waits, and the stream ends.
  /// What is sent to one that has gone is dropped: the sink is told when all has been read that came from it.
  status send(const rank_frame& frame);
  /// Ends this side when all that waits has been written, or after `patience`.
  void leave(std::chrono::milliseconds patience);
  /// Ends both sides now.
  void cancel(std::string why);
  /// Answers the caller with a failure. No effect once the stream is started or has ended. REQUIRES: this side was
  /// called.
  void refuse(failure why);

protected:
  enum class side { calls, is_called };
  /// The caller is writing its pair, the called one reads it: pair_written(), pair_read().
  explicit rank_stream(side mine) : side_(mine), reading_(mine == side::is_called), writing_(mine == side::calls) {}

  // gRPC's operations, one at a time.
  virtual void start_read() = 0;
  virtual void start_write(std::string bytes) = 0;
  virtual void half_close() = 0; ///< the caller's
  virtual void try_cancel() = 0;
  virtual void finish(const status& answer) = 0; ///< the last one

  // What came of them.
  void pair_read(bool good);
  void read_done(bool good, std::string bytes);
  void write_done(bool good);
  /// The RPC was cancelled, by whomever.
  void gone();
  /// In the RPC's last callback: nothing comes any more. Once started, a stream tells its sink.
  void tell_down(std::string why);

private:
  enum class step { none, read, write, half_close, cancel, finish };

  void pump(std::unique_lock<std::mutex>& hold);
  step next();
  bool may_finish() const;
  void act(step todo, std::string bytes);
  status take(std::string_view bytes);

  const side side_;
  std::mutex mutex_; // guards the rest
  rank_outbox outbox_;
  std::shared_ptr<rank_sink> sink_; ///< from start() until it was told the end
  uint32_t other_ = 0;
  std::string why_;                ///< this side ended it for a reason
  std::optional<failure> refusal_; ///< the answer to the caller
  std::optional<grpc::Alarm> patience_;
  bool acting_ = false; ///< a thread is in an operation, and will look for the next
  bool started_ = false;
  bool reading_;
  bool read_over_ = false;
  bool writing_;
  bool broken_ = false; ///< a write failed: the end of the reads follows
  bool leaving_ = false;
  bool half_closed_ = false;
  bool cancel_wanted_ = false;
  bool cancelled_ = false;
  bool gone_ = false;
  bool finished_ = false;
};

} // namespace weft
