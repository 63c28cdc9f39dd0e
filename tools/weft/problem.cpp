#include "tools/weft/problem.hpp"

#include "google/rpc/status.pb.h"
#include "runtime/base/errc.hpp"
#include "tools/weft/utf8.hpp"

#include <array>
#include <utility>

namespace weft::cli {
namespace {

exit_code to_exit_code(grpc::StatusCode code, bool has_reason) {
  switch (code) {
  case grpc::StatusCode::UNAVAILABLE:
    // With a reason the node itself answered that it is not serving; without one nobody answered.
    return has_reason ? exit_code::unhealthy : exit_code::unreachable;
  case grpc::StatusCode::UNAUTHENTICATED:
  case grpc::StatusCode::PERMISSION_DENIED:
    return exit_code::denied;
  case grpc::StatusCode::DEADLINE_EXCEEDED:
    return exit_code::timed_out;
  case grpc::StatusCode::RESOURCE_EXHAUSTED:
    return exit_code::overloaded;
  default:
    return exit_code::failed;
  }
}

// Where this program knows better than the table for all clients how its user can help himself.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> own_advice{{
    {"UNAUTHENTICATED", "Put a key of this cluster into WEFT_API_KEY, or name its file with --api-key-file."},
    {"PERMISSION_DENIED", "Use an API key whose role allows this."},
    {"OVERLOADED", "Try again in a moment, or add another node with --endpoint."},
    {"DRAINING", "Name another node with --endpoint."},
    {"MODEL_LOADING", "Wait for the node with 'weft health --wait'."},
    {"DEADLINE_EXCEEDED", "Give it more time with --timeout."},
    {"BUDGET_UNREACHABLE",
     "Ask for more of it, with a smaller --ratio or more --tokens, or keep less by --keep and --pattern."},
    {"NOT_TEXT", "Convert it to text in UTF-8 first: pdftotext, pandoc or zcat, say."},
    {"UNKNOWN_HANDLE", "Store the text again: 'weft compress --handle FILE' tells its handle."},
    {"UNKNOWN_MODEL", "'weft node describe' lists the node's models; without --model it uses its default."},
}};

void read_details(const grpc::Status& status, problem& out) {
  google::rpc::Status details;
  if (status.error_details().empty() || !details.ParseFromString(status.error_details()))
    return;
  for (const auto& detail : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::RetryInfo retry;
    if (detail.Is<google::rpc::ErrorInfo>() && detail.UnpackTo(&info))
      out.reason = printable(info.reason());
    else if (detail.Is<google::rpc::RetryInfo>() && detail.UnpackTo(&retry))
      out.retry_after =
          std::chrono::milliseconds{retry.retry_delay().seconds() * 1000 + retry.retry_delay().nanos() / 1000000};
  }
}

std::string describe(const grpc::Status& status, const problem& p, const std::string& endpoint) {
  const std::string said = printable(status.error_message());
  switch (p.code) {
  case exit_code::unreachable:
    return "lost the connection to " + endpoint + " (" + connect_reason(said) + ")";
  case exit_code::timed_out:
    return endpoint + " did not answer in time" + (p.reason.empty() ? "" : ": " + said);
  default:
    return endpoint + ": " + (said.empty() ? status_name(status.error_code()) : said);
  }
}

} // namespace

std::string advice_for(const std::string& reason) {
  for (const auto& [name, advice] : own_advice)
    if (name == reason)
      return std::string{advice};
  for (const auto& row : errc_table())
    if (row.reason == reason && row.code != errc::none)
      return std::string{row.advice};
  return {};
}

std::string status_name(int code) {
  static constexpr std::array<const char*, 17> names{
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  if (code < 0 || code >= static_cast<int>(names.size()))
    return "status " + std::to_string(code);
  return names[static_cast<size_t>(code)];
}

problem to_problem(const grpc::Status& status, const std::string& endpoint) {
  problem p;
  read_details(status, p);
  p.code = to_exit_code(status.error_code(), !p.reason.empty());
  p.retryable = status.error_code() == grpc::StatusCode::UNAVAILABLE;
  p.what = describe(status, p, endpoint);
  p.advice = advice_for(p.reason);
  if (p.advice.empty() && p.reason.empty())
    p.advice = advice_for(status_name(status.error_code()));
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED)
    p.advice = "Is this a Weft node, and of the same version as this command?";
  return p;
}

problem usage_problem(std::string what, std::string advice) {
  return {.code = exit_code::usage, .what = std::move(what), .advice = std::move(advice)};
}

std::string to_text(const problem& p) {
  std::string text = "weft: " + p.what;
  if (!p.reason.empty())
    text += " [" + p.reason + "]";
  if (!p.request_id.empty())
    text += " (request " + p.request_id + ")";
  text += '\n';
  if (!p.advice.empty())
    text += "      " + p.advice + '\n';
  return text;
}

std::string connect_reason(const std::string& message, bool tls) {
  // BoringSSL's words and OpenSSL's.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> known{{
      {"CERTIFICATE_VERIFY_FAILED", "its certificate is not signed by the given CA"},
      {"certificate verify failed", "its certificate is not signed by the given CA"},
      {"WRONG_VERSION_NUMBER", "it does not speak TLS"},
      {"wrong version number", "it does not speak TLS"},
      {"CERTIFICATE_REQUIRED", "it wants a client certificate: --tls-cert and --tls-key"},
      {"certificate required", "it wants a client certificate: --tls-cert and --tls-key"},
      {"Hostname Verification Check failed", "its certificate is for another name: --tls-name"},
      {"Peer name", "its certificate is for another name: --tls-name"},
  }};
  // What a server that waits for a TLS handshake does with anything else.
  if (!tls && (message.find("Socket closed") != std::string::npos ||
               message.find("Connection reset by peer") != std::string::npos))
    return "it closed the connection; if it wants TLS: --tls, or --tls-ca FILE";
  for (const auto& [sign, meaning] : known)
    if (message.find(sign) != std::string::npos)
      return std::string{meaning};
  // gRPC nests its causes: "failed to connect to all addresses; last error: UNKNOWN: ipv4:…: Connection refused".
  const size_t last = message.rfind(": ");
  std::string cause = last == std::string::npos ? message : message.substr(last + 2);
  return cause.empty() ? "no answer" : cause;
}

} // namespace weft::cli
