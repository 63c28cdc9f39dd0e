#pragma once

#include "node/grpc/edge.hpp"
#include "runtime/ports/job_door.hpp"
#include "weft/v1/job.grpc.pb.h"

#include <memory>
#include <utility>

namespace weft {

/// weft.v1.JobService: converts, and passes on. The methods are raw: texts of any bytes are taken (wire_reader says
/// why). Owned by grpc_server; called from gRPC's threads.
class job_service final
    : public v1::JobService::WithRawCallbackMethod_Submit<
          v1::JobService::WithRawCallbackMethod_Get<v1::JobService::WithRawCallbackMethod_List<
              v1::JobService::WithRawCallbackMethod_Watch<v1::JobService::WithRawCallbackMethod_Results<
                  v1::JobService::WithRawCallbackMethod_Cancel<v1::JobService::WithRawCallbackMethod_Corpus<
                      v1::JobService::WithRawCallbackMethod_RankCorpus<v1::JobService::Service>>>>>>>> {
public:
  /// door: null: the node keeps no jobs, every call is answered errc::unavailable.
  job_service(std::shared_ptr<edge> edge, std::shared_ptr<job_door> door)
      : edge_(std::move(edge)), door_(std::move(door)) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Submit(grpc::CallbackServerContext* rpc) override;
  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                grpc::ByteBuffer* out) override;
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                 grpc::ByteBuffer* out) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Watch(grpc::CallbackServerContext* rpc,
                                                    const grpc::ByteBuffer* in) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Results(grpc::CallbackServerContext* rpc,
                                                      const grpc::ByteBuffer* in) override;
  grpc::ServerUnaryReactor* Cancel(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                   grpc::ByteBuffer* out) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Corpus(grpc::CallbackServerContext* rpc,
                                                     const grpc::ByteBuffer* in) override;
  grpc::ServerUnaryReactor* RankCorpus(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                       grpc::ByteBuffer* out) override;

private:
  const std::shared_ptr<edge> edge_;
  const std::shared_ptr<job_door> door_;
};

} // namespace weft
