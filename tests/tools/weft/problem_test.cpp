#include "google/rpc/status.pb.h"
#include "tools/weft/problem.hpp"

#include <doctest/doctest.h>

using namespace weft::cli;

namespace {

grpc::Status with_reason(grpc::StatusCode code, const std::string& reason) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_nanos(250000000);
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  details.add_details()->PackFrom(retry);
  return {code, "the node says why", details.SerializeAsString()};
}

} // namespace

TEST_CASE("each status ends the command with its documented code") {
  using code = grpc::StatusCode;
  for (auto [status, reason, want] : {std::tuple{code::UNAVAILABLE, "", exit_code::unreachable},
                                      {code::UNAVAILABLE, "DRAINING", exit_code::unhealthy},
                                      {code::UNAVAILABLE, "MODEL_LOADING", exit_code::unhealthy},
                                      {code::UNAUTHENTICATED, "UNAUTHENTICATED", exit_code::denied},
                                      {code::PERMISSION_DENIED, "", exit_code::denied},
                                      {code::DEADLINE_EXCEEDED, "", exit_code::timed_out},
                                      {code::RESOURCE_EXHAUSTED, "OVERLOADED", exit_code::overloaded},
                                      {code::INVALID_ARGUMENT, "TEXT_TOO_LONG", exit_code::failed},
                                      {code::INTERNAL, "", exit_code::failed}}) {
    CAPTURE(reason);
    const std::string name = reason;
    const auto p = to_problem(name.empty() ? grpc::Status{status, "text"} : with_reason(status, name), "n1:7700");
    CHECK(p.code == want);
    CHECK(p.reason == name);
    CHECK(p.retryable == (status == code::UNAVAILABLE));
    CHECK(p.what.find("n1:7700") != std::string::npos);
    if (!name.empty()) {
      CHECK_FALSE(p.advice.empty());
      CHECK(p.retry_after == std::chrono::milliseconds{250});
    }
  }
}

TEST_CASE("a message says what happened and what to do") {
  problem p = to_problem(with_reason(grpc::StatusCode::RESOURCE_EXHAUSTED, "OVERLOADED"), "n1:7700");
  p.request_id = "r1";
  CHECK(to_text(p) == "weft: n1:7700: the node says why [OVERLOADED] (request r1)\n"
                      "      Try again in a moment, or add another node with --endpoint.\n");
}

TEST_CASE("damaged details are no reason to fail differently") {
  const auto p = to_problem({grpc::StatusCode::INTERNAL, "m\x1b[2J", "\xff\xff garbage"}, "n1:7700");
  CHECK(p.reason.empty());
  CHECK(p.what == "n1:7700: m [2J");
}

TEST_CASE("of gRPC's nested causes the last is shown") {
  CHECK(connect_reason("failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to connect "
                       "to remote host: Connection refused") == "Connection refused");
  CHECK(connect_reason("x: Ssl handshake failed: SSL_ERROR_SSL: error:1000007d:SSL "
                       "routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED") ==
        "its certificate is not signed by the given CA");
  CHECK(connect_reason("failed to connect to all addresses; last error: UNKNOWN: Socket closed", true) ==
        "Socket closed");
  CHECK(connect_reason("failed to connect to all addresses; last error: UNKNOWN: Socket closed", false).find("--tls") !=
        std::string::npos);
  CHECK(connect_reason("") == "no answer");
}
