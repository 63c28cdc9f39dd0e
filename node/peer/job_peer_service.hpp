#pragma once

#include "node/grpc/byte_budget.hpp"
#include "runtime/base/result.hpp"
#include "runtime/job/job_request.hpp"
#include "weft/peer/v1/job.grpc.pb.h"

#include <functional>
#include <memory>
#include <utility>

namespace weft {

/// The way to the node's job keeper for other nodes: `done` is called once, on any thread or before the call returns,
/// with the answer that belongs to the request. Called from gRPC's threads; must not block. For the composition root:
///   options.jobs = [tree](job_request asked, auto done) { tree->ask_jobs(std::move(asked), std::move(done)); };
using jobs_asked = std::function<void(job_request, std::function<void(result<job_answer>)> done)>;

/// weft.peer.v1.JobRecordService: converts, and passes on. What other nodes have asked and is not answered takes at
/// most 256 MiB; then errc::overloaded. Owned by peer_server; called from gRPC's threads.
class job_peer_service final : public peer::v1::JobRecordService::WithCallbackMethod_KeepRecords<
                                   peer::v1::JobRecordService::WithCallbackMethod_FetchSegments<
                                       peer::v1::JobRecordService::WithCallbackMethod_SurveyJob<
                                           peer::v1::JobRecordService::WithCallbackMethod_CompareRecords<
                                               peer::v1::JobRecordService::WithCallbackMethod_TryTexts<
                                                   peer::v1::JobRecordService::WithCallbackMethod_CorpusExchange<
                                                       peer::v1::JobRecordService::WithCallbackMethod_CorpusSearch<
                                                           peer::v1::JobRecordService::Service>>>>>>> {
public:
  /// asked: empty: the node keeps no jobs, every question is answered errc::unavailable.
  explicit job_peer_service(jobs_asked asked) : asked_(std::move(asked)) {}

  grpc::ServerUnaryReactor* KeepRecords(grpc::CallbackServerContext* rpc, const peer::v1::KeepRecordsRequest* in,
                                        peer::v1::KeepRecordsResponse* out) override;
  grpc::ServerUnaryReactor* FetchSegments(grpc::CallbackServerContext* rpc, const peer::v1::FetchSegmentsRequest* in,
                                          peer::v1::FetchSegmentsResponse* out) override;
  grpc::ServerUnaryReactor* SurveyJob(grpc::CallbackServerContext* rpc, const peer::v1::SurveyJobRequest* in,
                                      peer::v1::SurveyJobResponse* out) override;
  grpc::ServerUnaryReactor* CompareRecords(grpc::CallbackServerContext* rpc, const peer::v1::CompareRecordsRequest* in,
                                           peer::v1::CompareRecordsResponse* out) override;
  grpc::ServerUnaryReactor* TryTexts(grpc::CallbackServerContext* rpc, const peer::v1::TryTextsRequest* in,
                                     peer::v1::TryTextsResponse* out) override;
  grpc::ServerUnaryReactor* CorpusExchange(grpc::CallbackServerContext* rpc, const peer::v1::CorpusExchangeRequest* in,
                                           peer::v1::CorpusExchangeResponse* out) override;
  grpc::ServerUnaryReactor* CorpusSearch(grpc::CallbackServerContext* rpc, const peer::v1::CorpusSearchRequest* in,
                                         peer::v1::CorpusSearchResponse* out) override;

private:
  template <class Answer, class In, class Out>
  grpc::ServerUnaryReactor* pass_on(grpc::CallbackServerContext& rpc, const In& in, Out& out);

  const jobs_asked asked_;
  const std::shared_ptr<byte_budget> under_way_ = std::make_shared<byte_budget>(268'435'456);
};

} // namespace weft
