#pragma once

#include "tools/weft/exit_code.hpp"

#include <grpcpp/support/status.h>

#include <chrono>
#include <optional>
#include <string>

namespace weft::cli {

/// Why a command cannot go on: what happened, what to do about it, and how the process ends.
struct problem {
  exit_code code = exit_code::failed;
  std::string what{};
  std::string advice{};     ///< "" when there is nothing to advise
  std::string reason{};     ///< ErrorInfo's stable reason, "" when the node gave none
  std::string request_id{}; ///< "" when the node gave none
  /// UNAVAILABLE: the same call may work on another node, or later.
  bool retryable = false;
  /// The node's wish for the wait before a retry (grpc-retry-pushback-ms or RetryInfo); negative: do not retry.
  std::optional<std::chrono::milliseconds> retry_after{};
};

/// Reads code, ErrorInfo and RetryInfo. REQUIRES: !status.ok().
problem to_problem(const grpc::Status& status, const std::string& endpoint);

/// A command line that cannot be served.
problem usage_problem(std::string what, std::string advice = {});

/// What a person should do about a node's reason; "" for an unknown one.
std::string advice_for(const std::string& reason);

/// "INVALID_ARGUMENT" for 3; the number for one that gRPC does not have.
std::string status_name(int code);

/// "weft: what happened" and an indented line with the advice.
std::string to_text(const problem& p);

/// The part of a gRPC connection error that a person can use: "Connection refused".
std::string connect_reason(const std::string& message, bool tls = true);

} // namespace weft::cli
