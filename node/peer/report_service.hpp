#pragma once

#include "weft/peer/v1/report.grpc.pb.h"

#include <functional>
#include <utility>

namespace weft {

/// What this node tells of itself: a GetReportResponse. Called from gRPC's threads; must not block.
using own_report = std::function<grpc::ByteBuffer()>;

/// weft.peer.v1.ReportService. Called from gRPC's threads.
class report_service final
    : public peer::v1::ReportService::WithRawCallbackMethod_GetReport<peer::v1::ReportService::Service> {
public:
  /// report: empty: the RPC is answered UNAVAILABLE.
  explicit report_service(own_report report) : report_(std::move(report)) {}

  grpc::ServerUnaryReactor* GetReport(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                      grpc::ByteBuffer* out) override;

private:
  const own_report report_;
};

} // namespace weft
