#pragma once

#include "node/grpc/edge.hpp"

#include <grpcpp/support/server_callback.h>

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace weft {

/// The answers of one server stream: written one after the other, asked for again only when all have left, so a client
/// that reads slowly holds no more than one portion of them here. Finishes, counts and logs the RPC once.
///
/// Life: made and started in the handler, it holds itself until OnDone(); what it asks holds it weakly. Threads: gRPC's
/// (On…) and whoever gives. They record what happened under a lock, and one of them at a time acts on it (pump), so
/// that Finish() is the last thing that gRPC hears.
class output_stream : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                      public drainable,
                      public std::enable_shared_from_this<output_stream> {
public:
  /// operation: of the metrics, a literal.
  output_stream(std::shared_ptr<edge> edge, std::string_view operation, grpc::CallbackServerContext& rpc)
      : edge_(std::move(edge)), operation_(operation), rpc_(rpc) {}
  ~output_stream() override = default;

  /// Begins to ask, or ends with the refusal. REQUIRES: called in the handler, once.
  void start(const status& entered);

  /// Any thread. The next portion, which may be empty; after an end it is ignored.
  void give(std::vector<grpc::ByteBuffer> portion);
  /// Any thread. In place of what has not left yet.
  void give_latest(grpc::ByteBuffer message);
  /// Any thread. After what was given before; errc::none: well. The first one counts.
  void end(failure reason);

  /// Ends with errc::draining, without what has not left yet: its client goes on at another node.
  void drain() override;

  weft::context context; ///< filled in by the handler, before start()

protected:
  /// Everything that was given has left: the next portion is wanted. By one thread at a time, without a lock.
  virtual void ask() = 0;
  /// Nothing is wanted any more. Once, after the last ask(), without a lock.
  virtual void let_go() = 0;

private:
  void OnWriteDone(bool success) override;
  void OnCancel() override;
  void OnDone() override;

  void pump();
  bool act(std::unique_lock<std::mutex>& lock);
  void finish(const failure& reason);

  const std::shared_ptr<edge> edge_;
  const std::string_view operation_;
  grpc::CallbackServerContext& rpc_;
  const time_point began_ = edge_now();
  std::shared_ptr<output_stream> self_; // until OnDone()
  grpc::ByteBuffer write_;              // gRPC's while writing_

  std::mutex mutex_; // guards all below
  std::deque<grpc::ByteBuffer> waiting_;
  std::optional<failure> ending_;
  bool registered_ = false;
  bool pumping_ = false, again_ = false;
  bool asked_ = false; ///< and not given since
  bool writing_ = false, left_ = false, finished_ = false;
};

} // namespace weft
