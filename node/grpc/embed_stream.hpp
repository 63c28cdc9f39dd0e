#pragma once

#include "node/grpc/edge.hpp"
#include "node/grpc/stream_core.hpp"

#include <grpcpp/alarm.h>
#include <grpcpp/support/server_callback.h>

#include <map>
#include <memory>
#include <mutex>
#include <string_view>

namespace weft {

/// How an API's stream is read and written. One a stream, so it may remember what the first message fixed.
class stream_codec {
public:
  virtual ~stream_codec() = default;
  virtual std::string_view operation() const noexcept = 0; ///< of the metrics, a literal

  /// The texts that the next message gives; there may be none. By one thread at a time.
  virtual result<embed_request> read(const grpc::ByteBuffer& message, const node_view& view) = 0;
  /// The texts that are left when the last message was read. As read().
  virtual embed_request rest() { return {}; }

  // Any thread, for texts that read() gave before. `group` has their place in the stream, not the texts.

  /// One message a text.
  virtual std::vector<grpc::ByteBuffer> write(const stream_group& group, const embed_request& request,
                                              const embed_result& result, std::chrono::nanoseconds total) const = 0;
  /// The message that says why the group's only text failed; empty: the stream ends with the failure.
  virtual std::optional<grpc::ByteBuffer> write_error(const stream_group& group, const embed_request& request,
                                                      const failure& reason) const = 0;
};

/// One bidirectional stream of an API that embeds or compresses: reads messages while its window has room, sends their
/// texts through the ingress in groups, and writes the answers in order (stream_core decides all that).
///
/// Life: made by start_stream(), it holds itself until OnDone(); calls in flight hold it too, so that a late answer
/// finds it. Threads: gRPC's (On…) and whichever answers a group. They record what happened under a lock, and one of
/// them at a time acts on it (pump), so that Finish() is the last thing that gRPC hears.
class embed_stream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                           public drainable,
                           public byte_budget::waiter,
                           public std::enable_shared_from_this<embed_stream> {
public:
  embed_stream(std::shared_ptr<edge> edge, std::unique_ptr<stream_codec> codec, const stream_limits& limits,
               grpc::CallbackServerContext& rpc);
  ~embed_stream() override = default;

  /// Lets the RPC in or refuses it, and begins to read. REQUIRES: called in the handler, once.
  void start();

  void drain() override;

  /// A group came back; `group` as it went out, but for its request. Any thread.
  void answered(const stream_group& group, const embed_request& request, const embed_result& result,
                std::chrono::nanoseconds total);
  void failed(const stream_group& group, const embed_request& request, failure reason, std::chrono::nanoseconds total);

  void granted(uint64_t bytes) override;

private:
  void OnReadDone(bool success) override;
  void OnWriteDone(bool success) override;
  void OnCancel() override;
  void OnDone() override;

  void pump();
  bool act(std::unique_lock<std::mutex>& lock);
  bool has_credit();
  void take_in();
  void settle(std::unique_lock<std::mutex>& lock);
  std::shared_ptr<call> make_call(stream_group group);
  void finish(const failure& reason);
  void wait_before_retry(const failure& reason);
  void end_wait();
  void cancel_calls(std::unique_lock<std::mutex>& lock);

  const std::shared_ptr<edge> edge_;
  const std::unique_ptr<stream_codec> codec_; // read() by whoever pumps
  grpc::CallbackServerContext& rpc_;
  const time_point began_ = edge_now();
  context context_;
  std::shared_ptr<embed_stream> self_; // until OnDone()

  grpc::ByteBuffer read_;  // gRPC's while reading_; a message while arrived_
  grpc::ByteBuffer write_; // gRPC's while a message is being written

  std::mutex mutex_; // guards all below
  stream_core core_;
  std::map<uint64_t, std::weak_ptr<call>> calls_; // out now, by the position of their first text
  bool registered_ = false;
  bool pumping_ = false;
  bool again_ = false;
  bool reading_ = false;
  bool arrived_ = false; ///< a message is there; its texts are not made before there is credit for them
  bool in_line_ = false; ///< for that credit
  bool granted_ = false; ///< it came
  bool stopped_ = false; ///< not read for want of room
  uint64_t charged_ = 0; ///< credit that is held for the texts and answers in core_, and for a message on its way there
  bool finished_ = false;
  bool headed_ = false;  ///< the first message is on its way
  bool waiting_ = false; // for the alarm
  std::unique_ptr<grpc::Alarm> alarm_;
  uint32_t refusals_ = 0; // since the last answer
  time_point refused_since_{};
};

/// The handler of a stream's RPC.
embed_stream* start_stream(std::shared_ptr<edge> edge, std::unique_ptr<stream_codec> codec, const stream_limits& limits,
                           grpc::CallbackServerContext& rpc);

} // namespace weft
