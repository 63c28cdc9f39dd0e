#pragma once

#include "node/grpc/edge.hpp"
#include "node/grpc/submit_core.hpp"

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <mutex>
#include <optional>

namespace weft {

/// One Submit stream: opens the job, passes texts on while the window of the submission has room, tells what has become
/// durable (submit_core decides what is next). A client that reads slowly hears the latest count only.
///
/// Life: made by start_submit(), it holds itself until OnDone(); the door's listener holds it weakly. Whatever ends the
/// stream lets go of the submission, which completes nothing. Threads: gRPC's (On…) and the door's. They record what
/// happened under a lock, and one of them at a time acts on it (pump), so that Finish() is the last thing that gRPC
/// hears.
class submit_stream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                            public drainable,
                            public byte_budget::waiter,
                            public std::enable_shared_from_this<submit_stream> {
public:
  submit_stream(std::shared_ptr<edge> edge, std::shared_ptr<job_door> door, grpc::CallbackServerContext& rpc);
  ~submit_stream() override = default;

  /// Lets the RPC in or refuses it, and begins to read. REQUIRES: called in the handler, once.
  void start();

  /// What is not complete ends with errc::draining: its client goes on at another node.
  void drain() override;
  void granted(uint64_t bytes) override;

  // What the submission hears. Any thread.
  void opened(const job_status& job);
  void durable(uint64_t items);
  void ended(result<job_status> outcome);

private:
  void OnReadDone(bool success) override;
  void OnWriteDone(bool success) override;
  void OnCancel() override;
  void OnDone() override;

  void pump();
  bool act(std::unique_lock<std::mutex>& lock);
  std::optional<grpc::ByteBuffer> next_message();
  static uint64_t charge_of(uint64_t bytes) noexcept;
  bool has_credit();
  void take_in();
  void pass_on(submit_message message);
  void settle(std::unique_lock<std::mutex>& lock);
  void end(failure reason);
  void finish(const failure& reason);

  const std::shared_ptr<edge> edge_;
  const std::shared_ptr<job_door> door_;
  grpc::CallbackServerContext& rpc_;
  const time_point began_ = edge_now();
  context context_;
  std::shared_ptr<submit_stream> self_;    // until OnDone()
  std::shared_ptr<submission> submission_; // used by whoever pumps, and by nobody after finish()

  grpc::ByteBuffer read_;               // gRPC's while reading_; a message while arrived_
  grpc::ByteBuffer write_;              // gRPC's while writing_
  std::optional<submit_message> first_; // its texts wait until the job is open; used by whoever pumps
  uint64_t first_bytes_ = 0;

  std::mutex mutex_; // guards all below
  submit_core core_;
  std::optional<job_status> opened_, completed_; ///< to be told
  std::optional<uint64_t> durable_;              ///< to be told
  std::optional<failure> ending_;                ///< decided; errc::none: well
  bool registered_ = false;
  bool pumping_ = false, again_ = false;
  bool reading_ = false, writing_ = false, finished_ = false;
  bool opening_ = false; ///< the first message was taken in
  bool arrived_ = false; ///< a message is there; its texts are not made before there is credit for them
  bool in_line_ = false, granted_ = false; ///< for that credit; it came
  uint64_t charged_ = 0;                   ///< credit that is held for texts that are not durable
};

/// The handler of a Submit RPC. door: null: this node keeps no jobs.
submit_stream* start_submit(std::shared_ptr<edge> edge, std::shared_ptr<job_door> door,
                            grpc::CallbackServerContext& rpc);

} // namespace weft
