#include "node/grpc/job_service.hpp"

#include "node/grpc/convert_job.hpp"
#include "node/grpc/corpus_ranking.hpp"
#include "node/grpc/job_streams.hpp"
#include "node/grpc/rpc_call.hpp"
#include "node/grpc/submit_stream.hpp"

namespace weft {
namespace {

const failure no_jobs{errc::unavailable, "this node keeps no jobs"};

constexpr uint64_t job_bytes = 1'024; // of a job in an answer
constexpr std::chrono::milliseconds reply_retry_after{100};

uint64_t reply_bytes(const job_question&) {
  return job_bytes;
}
uint64_t reply_bytes(const job_filter& asked) {
  return asked.jobs_max * job_bytes;
}

/// The whole way of a unary RPC: reads the request, passes it through the door, writes what comes back. A client that
/// goes away changes nothing: what was asked for is done.
template <class Request, class Answer>
grpc::ServerUnaryReactor* pass_on(edge& edge, std::string_view operation, job_door* door,
                                  grpc::CallbackServerContext& rpc, const grpc::ByteBuffer& in, grpc::ByteBuffer& out,
                                  result<Request> (*read)(const grpc::ByteBuffer&, const context&),
                                  void (job_door::*ask)(Request, std::function<void(result<Answer>)>),
                                  grpc::ByteBuffer (*write)(const Answer&)) {
  auto* reactor = new embed_reactor; // OnDone() deletes it, and gives back the credit of an answer that was read
  const auto waiting = std::make_shared<later_answer>(unary_answer(rpc, *reactor, out, edge, operation));
  const auto fail = [&](const failure& why) -> grpc::ServerUnaryReactor* {
    waiting->finish.fail(why, waiting->caller);
    return reactor;
  };
  if (auto entered = enter_work(edge, rpc, waiting->caller); !entered)
    return fail(entered.error());
  if (door == nullptr)
    return fail(no_jobs);
  auto request = read(in, waiting->caller);
  if (!request)
    return fail(request.error());
  const auto bytes = reply_bytes(*request);
  if (!edge.replies->take(bytes))
    return fail({errc::overloaded, "answers that clients have not read fill the node", {}, reply_retry_after});
  reactor->hold({edge.replies, bytes});
  (door->*ask)(*std::move(request), [waiting, write](result<Answer> answer) {
    if (answer)
      waiting->finish.send(write(*answer), waiting->caller);
    else
      waiting->finish.fail(answer.error(), waiting->caller);
  });
  return reactor;
}

/// The same for one that is answered by a stream.
template <class Stream, class Request>
Stream* stream_out(const std::shared_ptr<edge>& edge, const std::shared_ptr<job_door>& door,
                   grpc::CallbackServerContext& rpc, const grpc::ByteBuffer& in,
                   result<Request> (*read)(const grpc::ByteBuffer&, const context&)) {
  const auto stream = std::make_shared<Stream>(edge, door, rpc);
  auto entered = enter_work(*edge, rpc, stream->context);
  if (entered && !door)
    entered = no_jobs;
  if (entered) {
    auto request = read(in, stream->context);
    if (request)
      stream->want(*std::move(request));
    else
      entered = request.error();
  }
  stream->start(entered);
  return stream.get(); // holds itself until OnDone()
}

} // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* job_service::Submit(grpc::CallbackServerContext* rpc) {
  return start_submit(edge_, door_, *rpc);
}

grpc::ServerUnaryReactor* job_service::Get(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                           grpc::ByteBuffer* out) {
  return pass_on(*edge_, "get_job", door_.get(), *rpc, *in, *out, read_get_job, &job_door::get, write_get_job);
}

grpc::ServerUnaryReactor* job_service::List(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                            grpc::ByteBuffer* out) {
  return pass_on(*edge_, "list_jobs", door_.get(), *rpc, *in, *out, read_list_jobs, &job_door::list, write_list_jobs);
}

grpc::ServerUnaryReactor* job_service::Cancel(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                              grpc::ByteBuffer* out) {
  return pass_on(*edge_, "cancel_job", door_.get(), *rpc, *in, *out, read_cancel_job, &job_door::cancel,
                 write_cancel_job);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* job_service::Watch(grpc::CallbackServerContext* rpc,
                                                               const grpc::ByteBuffer* in) {
  return stream_out<watch_stream>(edge_, door_, *rpc, *in, read_watch_job);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* job_service::Results(grpc::CallbackServerContext* rpc,
                                                                 const grpc::ByteBuffer* in) {
  return stream_out<results_stream>(edge_, door_, *rpc, *in, read_job_results);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* job_service::Corpus(grpc::CallbackServerContext* rpc,
                                                                const grpc::ByteBuffer* in) {
  return stream_out<corpus_stream>(edge_, door_, *rpc, *in, read_corpus_request);
}

grpc::ServerUnaryReactor* job_service::RankCorpus(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                                  grpc::ByteBuffer* out) {
  return start_corpus_ranking(edge_, door_, *rpc, *in, *out);
}

} // namespace weft
