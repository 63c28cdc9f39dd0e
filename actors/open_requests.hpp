#pragma once

#include "runtime/ports/call.hpp"
#include "runtime/ports/peer_link.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace weft {

/// Requests to other nodes on behalf of calls, so that those are ended whose calls have ended. Not thread-safe.
class open_requests {
public:
  /// on_behalf_of: kept alive by whoever waits for the answer, no longer.
  void add(std::weak_ptr<const call> on_behalf_of, peer_cancel cancel) {
    open_.push_back({std::move(on_behalf_of), std::move(cancel)});
  }
  void sweep() {
    std::erase_if(open_, [](const request& one) {
      const auto call = one.on_behalf_of.lock();
      if (call && !call->ended())
        return false;
      if (call)
        one.cancel();
      return true;
    });
  }
  bool empty() const noexcept { return open_.empty(); }

private:
  struct request {
    std::weak_ptr<const call> on_behalf_of;
    peer_cancel cancel;
  };
  std::vector<request> open_;
};

} // namespace weft
