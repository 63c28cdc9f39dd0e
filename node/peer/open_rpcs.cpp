#include "node/peer/open_rpcs.hpp"

#include <string>
#include <vector>

namespace weft {

status open_rpcs::enter(const rpc_ptr& rpc) {
  const std::lock_guard hold(mutex_);
  if (closed_)
    return failure{errc::unavailable, "the node is stopping"};
  if (open_.size() >= open_max_)
    return failure{
        errc::overloaded, "too many requests to other nodes are unanswered", {{"limit", std::to_string(open_max_)}}};
  open_.insert(rpc);
  return ok;
}

open_rpcs::end open_rpcs::leave(const rpc_ptr& rpc) {
  const std::lock_guard hold(mutex_);
  open_.erase(rpc);
  ++leaving_;
  return end{*this};
}

void open_rpcs::left() {
  const std::lock_guard hold(mutex_);
  if (--leaving_ == 0 && open_.empty())
    emptied_.notify_all();
}

void open_rpcs::close() {
  std::unique_lock hold(mutex_);
  closed_ = true;
  const std::vector<rpc_ptr> all(open_.begin(), open_.end());
  hold.unlock();
  for (const auto& rpc : all)
    rpc->TryCancel(); // outside the lock: gRPC may come back from within
  hold.lock();
  emptied_.wait(hold, [this] { return open_.empty() && leaving_ == 0; });
}

} // namespace weft
