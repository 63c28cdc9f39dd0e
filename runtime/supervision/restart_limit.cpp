#include "runtime/supervision/restart_limit.hpp"

namespace weft {

bool restart_limit::allow(time_point now) {
  while (!restarts_.empty() && now - restarts_.front() >= options_.window)
    restarts_.pop_front();
  if (restarts_.size() >= options_.restarts_max)
    return false;
  restarts_.push_back(now);
  return true;
}

} // namespace weft
