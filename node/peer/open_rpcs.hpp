#pragma once

#include "runtime/base/result.hpp"

#include <grpcpp/client_context.h>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_set>

namespace weft {

/// The RPCs of one link that have no answer yet, so that all can be ended, and waited for. Thread-safe.
///
/// What an RPC's last callback holds of the link and of the RPC has to go before end does: a ClientContext knows its
/// channel, and gRPC's own thread must not be the one that lets the process's last channel go (it would end itself).
class open_rpcs {
public:
  using rpc_ptr = std::shared_ptr<grpc::ClientContext>;

  explicit open_rpcs(size_t open_max) : open_max_(open_max) {}

  /// Before the RPC starts. Fails with errc::unavailable (closed) or errc::overloaded; then it must not start.
  status enter(const rpc_ptr& rpc);
  /// Lasts as long as the callback in which an RPC ends.
  class end {
  public:
    explicit end(open_rpcs& all) : all_(all) {}
    ~end() { all_.left(); }
    end(const end&) = delete;
    end& operator=(const end&) = delete;

  private:
    open_rpcs& all_;
  };
  /// First thing in its last callback: its place is free for another one, which that callback may bring about.
  [[nodiscard]] end leave(const rpc_ptr& rpc);

  /// Cancels all; nothing enters from now on. Blocks until all have left, and their callbacks are over.
  void close();

private:
  void left();

  const size_t open_max_;
  std::mutex mutex_; // guards the rest
  std::condition_variable emptied_;
  bool closed_ = false;
  std::unordered_set<rpc_ptr> open_;
  size_t leaving_ = 0;
};

} // namespace weft
