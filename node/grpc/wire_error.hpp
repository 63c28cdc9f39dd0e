#pragma once

#include "runtime/base/result.hpp"

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

namespace weft {

/// The domain of every ErrorInfo that Weft sends.
inline constexpr std::string_view error_domain = "weft";

/// A failure as clients see it: the canonical code, the message, and in grpc-status-details-bin a google.rpc.Status
/// with one ErrorInfo{reason, "weft", metadata} and, where retry_after is set, a RetryInfo.
/// Messages and metadata are cut and cleaned first: they may quote what a client sent, and HTTP/2 headers are small.
grpc::Status to_status(const failure& reason);

/// The same, and `grpc-retry-pushback-ms` in the trailing metadata where retry_after is set.
/// REQUIRES: the RPC is not finished yet.
grpc::Status to_status(const failure& reason, grpc::ServerContextBase& rpc);

/// What to_status() made, read back on the asking side; a status without details becomes the error of its code, which
/// is errc::unavailable for all that says nothing of the call itself. REQUIRES: not OK.
failure from_status(const grpc::Status& ended);

/// The canonical code as gRPC's enum.
grpc::StatusCode to_grpc(canonical code) noexcept;

} // namespace weft
