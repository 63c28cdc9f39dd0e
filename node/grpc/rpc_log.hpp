#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/context.hpp"
#include "runtime/job/embed.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

namespace weft {

/// How one RPC, or one group of a stream's texts, ended. Valid during the call of the log only.
struct rpc_end {
  std::string_view operation;      ///< as in the metrics
  const weft::context& context;    ///< its request id is set even where the RPC was refused at the door
  const failure* reason = nullptr; ///< null: it has its result
  std::chrono::nanoseconds total{};
};

/// Told of every end, after the metrics. Called from any thread; must not block, and decides itself what it writes.
using rpc_log = std::function<void(const rpc_end&)>;
using rpc_log_ptr = std::shared_ptr<const rpc_log>;

} // namespace weft
