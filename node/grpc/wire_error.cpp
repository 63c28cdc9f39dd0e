#include "node/grpc/wire_error.hpp"

#include "google/rpc/status.pb.h"
#include "node/grpc/utf8.hpp"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

namespace weft {
namespace {

// A client reads 8 KiB of headers by default, and details travel as base64 beside the plain message.
constexpr size_t message_bytes_max = 1'024;
constexpr size_t metadata_entries_max = 8;
constexpr size_t metadata_bytes_max = 256;

google::rpc::ErrorInfo error_info(const failure& reason) {
  google::rpc::ErrorInfo out;
  out.set_reason(std::string(info(reason.code).reason));
  out.set_domain(std::string(error_domain));
  for (const auto& [key, value] : reason.metadata) {
    if (static_cast<size_t>(out.metadata_size()) == metadata_entries_max)
      break;
    (*out.mutable_metadata())[printable(key, metadata_bytes_max)] = printable(value, metadata_bytes_max);
  }
  return out;
}

/// Without details it is gRPC that speaks, not a node.
errc bare_code(grpc::StatusCode code) noexcept {
  switch (code) {
  case grpc::StatusCode::DEADLINE_EXCEEDED:
    return errc::deadline_exceeded;
  case grpc::StatusCode::CANCELLED:
    return errc::cancelled;
  case grpc::StatusCode::RESOURCE_EXHAUSTED:
    return errc::overloaded;
  case grpc::StatusCode::INVALID_ARGUMENT:
    return errc::invalid_argument;
  default:
    return errc::unavailable;
  }
}

} // namespace

failure from_status(const grpc::Status& ended) {
  WEFT_ASSERT(!ended.ok());
  failure out{.code = bare_code(ended.error_code()), .message = ended.error_message()};
  google::rpc::Status details;
  if (!details.ParseFromString(ended.error_details()))
    return out;
  for (const auto& detail : details.details()) {
    google::rpc::ErrorInfo why;
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&why) && why.domain() == error_domain) {
      const auto table = errc_table();
      const auto row =
          std::find_if(table.begin(), table.end(), [&](const errc_info& r) { return r.reason == why.reason(); });
      if (row != table.end() && row->code != errc::none)
        out.code = row->code;
      for (const auto& [key, value] : why.metadata())
        out.metadata.emplace_back(key, value);
    } else if (detail.UnpackTo(&retry)) {
      out.retry_after =
          std::chrono::milliseconds{google::protobuf::util::TimeUtil::DurationToMilliseconds(retry.retry_delay())};
    }
  }
  return out;
}

grpc::StatusCode to_grpc(canonical code) noexcept {
  return static_cast<grpc::StatusCode>(code); // canonical has gRPC's numbers
}

grpc::Status to_status(const failure& reason) {
  const auto& row = info(reason.code);
  google::rpc::Status details;
  details.set_code(static_cast<int>(row.status));
  details.set_message(printable(reason.message.empty() ? row.meaning : reason.message, message_bytes_max));
  details.add_details()->PackFrom(error_info(reason));
  if (reason.retry_after) {
    google::rpc::RetryInfo retry;
    *retry.mutable_retry_delay() =
        google::protobuf::util::TimeUtil::MillisecondsToDuration(reason.retry_after->count());
    details.add_details()->PackFrom(retry);
  }
  return {to_grpc(row.status), details.message(), details.SerializeAsString()};
}

grpc::Status to_status(const failure& reason, grpc::ServerContextBase& rpc) {
  if (reason.retry_after)
    rpc.AddTrailingMetadata("grpc-retry-pushback-ms", std::to_string(reason.retry_after->count()));
  return to_status(reason);
}

} // namespace weft
