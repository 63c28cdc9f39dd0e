#include "node/call_log.hpp"

namespace weft {
namespace {

log_level level_of(errc code) {
  switch (info(code).status) {
  case canonical::ok:
    return log_level::debug;
  case canonical::internal:
  case canonical::failed_precondition: // a model that cannot be used
    return log_level::error;
  case canonical::unavailable:
    // A client that comes while the node starts or stops is no fault; a call that was lost is.
    return code == errc::unavailable ? log_level::error : log_level::info;
  case canonical::resource_exhausted:
  case canonical::deadline_exceeded:
    return log_level::warn;
  case canonical::cancelled:
  case canonical::invalid_argument:
  case canonical::not_found:
  case canonical::permission_denied:
  case canonical::unauthenticated:
    break;
  }
  return log_level::info;
}

std::string microseconds(std::chrono::nanoseconds time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

} // namespace

rpc_log make_call_log(std::shared_ptr<node_log> log) {
  return [log = std::move(log)](const rpc_end& end) {
    const auto code = end.reason ? end.reason->code : errc::none;
    const auto level = level_of(code);
    if (!log->enabled(level))
      return; // the usual case for results: no string is made
    const std::string operation{end.operation};
    if (end.reason)
      // The reason is in the text, so that the repeat filter counts each reason alone.
      log->write(level, "grpc", "call failed: " + std::string{to_string(code)},
                 {{"request_id", end.context.request_id},
                  {"operation", operation},
                  {"tenant", end.context.tenant},
                  {"microseconds", microseconds(end.total)},
                  {"message", end.reason->message}});
    else
      log->write(level, "grpc", "call answered",
                 {{"request_id", end.context.request_id},
                  {"operation", operation},
                  {"tenant", end.context.tenant},
                  {"microseconds", microseconds(end.total)}});
  };
}

} // namespace weft
