#include "node/peer/job_peer_service.hpp"

#include "node/grpc/wire_error.hpp"
#include "node/peer/convert_jobs.hpp"

#include <chrono>
#include <variant>

namespace weft {
namespace {

namespace pb = weft::peer::v1;

constexpr uint64_t exchange_bytes = 4'096; // of one question beside its records
constexpr std::chrono::milliseconds retry_after{100};

} // namespace

template <class Answer, class In, class Out>
grpc::ServerUnaryReactor* job_peer_service::pass_on(grpc::CallbackServerContext& rpc, const In& in, Out& out) {
  auto* reactor = rpc.DefaultReactor(); // the asker's deadline is its own affair: what is kept stays kept
  const auto refuse = [&](const failure& why) {
    reactor->Finish(to_status(why));
    return reactor;
  };
  if (!asked_)
    return refuse({errc::unavailable, "this node keeps no jobs"});
  const uint64_t bytes = in.ByteSizeLong() + exchange_bytes;
  if (!under_way_->take(bytes))
    return refuse({errc::overloaded, "too much that other nodes ask is unanswered", {}, retry_after});
  const auto credit = std::make_shared<byte_credit>(under_way_, bytes);
  // gRPC keeps the message until the RPC ends and does not look at it again: its bytes are taken out of it.
  auto question = read_message(const_cast<In&>(in));
  if (!question)
    return refuse(question.error());
  asked_(job_request{*std::move(question)}, [reactor, credit, &out](const result<job_answer>& answer) {
    if (!answer)
      return reactor->Finish(to_status(answer.error()));
    const auto* found = std::get_if<Answer>(&*answer);
    if (found != nullptr)
      write_message(*found, out);
    reactor->Finish(found != nullptr ? grpc::Status::OK
                                     : to_status(failure{errc::internal, "the answer belongs to another question"}));
  });
  return reactor;
}

grpc::ServerUnaryReactor* job_peer_service::KeepRecords(grpc::CallbackServerContext* rpc,
                                                        const pb::KeepRecordsRequest* in,
                                                        pb::KeepRecordsResponse* out) {
  return pass_on<records_kept>(*rpc, *in, *out);
}

grpc::ServerUnaryReactor* job_peer_service::FetchSegments(grpc::CallbackServerContext* rpc,
                                                          const pb::FetchSegmentsRequest* in,
                                                          pb::FetchSegmentsResponse* out) {
  return pass_on<segments_fetched>(*rpc, *in, *out);
}

grpc::ServerUnaryReactor* job_peer_service::SurveyJob(grpc::CallbackServerContext* rpc, const pb::SurveyJobRequest* in,
                                                      pb::SurveyJobResponse* out) {
  return pass_on<job_surveyed>(*rpc, *in, *out);
}

grpc::ServerUnaryReactor* job_peer_service::CompareRecords(grpc::CallbackServerContext* rpc,
                                                           const pb::CompareRecordsRequest* in,
                                                           pb::CompareRecordsResponse* out) {
  return pass_on<records_compared>(*rpc, *in, *out);
}

grpc::ServerUnaryReactor* job_peer_service::TryTexts(grpc::CallbackServerContext* rpc, const pb::TryTextsRequest* in,
                                                     pb::TryTextsResponse* out) {
  return pass_on<texts_tried>(*rpc, *in, *out);
}

grpc::ServerUnaryReactor* job_peer_service::CorpusExchange(grpc::CallbackServerContext* rpc,
                                                           const pb::CorpusExchangeRequest* in,
                                                           pb::CorpusExchangeResponse* out) {
  return pass_on<corpus_exchanged>(*rpc, *in, *out);
}

grpc::ServerUnaryReactor* job_peer_service::CorpusSearch(grpc::CallbackServerContext* rpc,
                                                         const pb::CorpusSearchRequest* in,
                                                         pb::CorpusSearchResponse* out) {
  return pass_on<corpus_searched>(*rpc, *in, *out);
}

} // namespace weft
