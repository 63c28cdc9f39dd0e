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
class open_rpcs {
public:
  using rpc_ptr = std::shared_ptr<grpc::ClientContext>;

  explicit open_rpcs(size_t open_max) : open_max_(open_max) {}

  /// Before the RPC starts. Fails with errc::unavailable (closed) or errc::overloaded; then it must not start.
  status enter(const rpc_ptr& rpc);
  /// After its last callback.
  void leave(const rpc_ptr& rpc);

  /// Cancels all; nothing enters from now on. Blocks until all have left.
  void close();

private:
  const size_t open_max_;
  std::mutex mutex_; // guards the rest
  std::condition_variable emptied_;
  bool closed_ = false;
  std::unordered_set<rpc_ptr> open_;
};

} // namespace weft
