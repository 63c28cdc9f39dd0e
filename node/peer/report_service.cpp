#include "node/peer/report_service.hpp"

#include "node/grpc/wire_error.hpp"

namespace weft {

grpc::ServerUnaryReactor* report_service::GetReport(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer*,
                                                    grpc::ByteBuffer* out) {
  auto* reactor = rpc->DefaultReactor(); // answered at once, so there is nothing to cancel
  if (report_)
    *out = report_();
  reactor->Finish(report_ ? grpc::Status::OK
                          : to_status(failure{errc::unavailable, "this node tells nothing of itself"}));
  return reactor;
}

} // namespace weft
