#pragma once

#include "node/grpc/rpc_log.hpp"
#include "node/logging/node_log.hpp"

#include <memory>

namespace weft {

/// Writes how calls end, with their request id: our faults as errors, refusals for load as warnings, what the caller
/// can mend as info, results at debug level.
rpc_log make_call_log(std::shared_ptr<node_log> log);

} // namespace weft
