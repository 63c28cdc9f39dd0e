#include "node/peer/grpc_job_link.hpp"

#include "node/grpc/wire_error.hpp"
#include "node/peer/channel_cache.hpp"
#include "node/peer/convert_jobs.hpp"
#include "node/peer/open_rpcs.hpp"
#include "weft/peer/v1/job.grpc.pb.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <mutex>
#include <utility>
#include <variant>
#include <vector>

namespace weft {
namespace {

namespace pb = weft::peer::v1;
using answer_done = job_link::answer_done;
using async_stub = pb::JobRecordService::StubInterface::async_interface;
using ended = std::function<void(grpc::Status)>;

/// The RPC of each question.
template <class Question> struct rpc_of;
template <> struct rpc_of<keep_records> {
  pb::KeepRecordsRequest request;
  pb::KeepRecordsResponse response;
  void start(async_stub& stub, grpc::ClientContext& context, ended done) {
    stub.KeepRecords(&context, &request, &response, std::move(done));
  }
};
template <> struct rpc_of<fetch_segments> {
  pb::FetchSegmentsRequest request;
  pb::FetchSegmentsResponse response;
  void start(async_stub& stub, grpc::ClientContext& context, ended done) {
    stub.FetchSegments(&context, &request, &response, std::move(done));
  }
};
template <> struct rpc_of<survey_job> {
  pb::SurveyJobRequest request;
  pb::SurveyJobResponse response;
  void start(async_stub& stub, grpc::ClientContext& context, ended done) {
    stub.SurveyJob(&context, &request, &response, std::move(done));
  }
};
template <> struct rpc_of<compare_records> {
  pb::CompareRecordsRequest request;
  pb::CompareRecordsResponse response;
  void start(async_stub& stub, grpc::ClientContext& context, ended done) {
    stub.CompareRecords(&context, &request, &response, std::move(done));
  }
};
template <> struct rpc_of<try_texts> {
  pb::TryTextsRequest request;
  pb::TryTextsResponse response;
  void start(async_stub& stub, grpc::ClientContext& context, ended done) {
    stub.TryTexts(&context, &request, &response, std::move(done));
  }
};
template <> struct rpc_of<corpus_exchange> {
  pb::CorpusExchangeRequest request;
  pb::CorpusExchangeResponse response;
  void start(async_stub& stub, grpc::ClientContext& context, ended done) {
    stub.CorpusExchange(&context, &request, &response, std::move(done));
  }
};
template <> struct rpc_of<corpus_search> {
  pb::CorpusSearchRequest request;
  pb::CorpusSearchResponse response;
  void start(async_stub& stub, grpc::ClientContext& context, ended done) {
    stub.CorpusSearch(&context, &request, &response, std::move(done));
  }
};

template <class Question> struct question_under_way {
  std::shared_ptr<grpc::ClientContext> context = std::make_shared<grpc::ClientContext>();
  rpc_of<Question> rpc;
};

failure reason_of(const grpc::Status& end) {
  auto reason = from_status(end);
  if (reason.code == errc::cancelled) // the link has closed
    reason.code = errc::unavailable;
  return reason;
}

template <class Response> result<job_answer> answer_of(Response& response) {
  auto answer = read_message(response);
  if (!answer)
    return failure{errc::unavailable, "the peer's answer cannot be used: " + answer.error().message};
  return job_answer{*std::move(answer)};
}

/// As many messages as are needed, in order.
result<std::vector<keep_records>> split(keep_records all) {
  std::vector<keep_records> out(1);
  uint64_t bytes = 0;
  const auto room = [&](uint64_t size) -> keep_records& {
    if (bytes != 0 && bytes + size > job_message_bytes_max) {
      out.emplace_back();
      bytes = 0;
    }
    bytes += size;
    return out.back();
  };
  for (auto& header : all.headers)
    room(message_bytes(header)).headers.push_back(std::move(header));
  for (auto& segment : all.segments) {
    const auto size = message_bytes(segment);
    if (size > job_record_bytes_max)
      return failure{errc::invalid_argument,
                     "a segment of " + std::to_string(size) + " bytes is larger than nodes can send each other",
                     {{"limit", std::to_string(job_record_bytes_max)}}};
    room(size).segments.push_back(std::move(segment));
  }
  return out;
}

/// Answers once all parts were: with the first failure, or well.
answer_done joined(size_t parts, answer_done done) {
  struct state {
    std::mutex mutex; // guards the next two
    size_t missing;
    std::optional<failure> reason;
    answer_done done;
  };
  const auto all = std::make_shared<state>();
  all->missing = parts;
  all->done = std::move(done);
  return [all](result<job_answer> answer) {
    {
      const std::lock_guard hold(all->mutex);
      if (!answer && !all->reason)
        all->reason = std::move(answer.error());
      if (--all->missing > 0)
        return;
    }
    all->done(all->reason ? result<job_answer>{*std::move(all->reason)} : result<job_answer>{records_kept{}});
  };
}

} // namespace

/// Outlives the questions: close() waits for them.
struct grpc_job_link::parts {
  parts(const job_link_options& given, std::shared_ptr<grpc::ChannelCredentials> credentials)
      : open(given.asks_max), channels(std::move(credentials), given.channels_max) {}

  open_rpcs open;
  std::mutex mutex; // guards the next one
  channel_cache channels;

  template <class Question>
  void send(const cluster_member& to, const Question& question, std::chrono::milliseconds within, answer_done done) {
    if (to.data_address.empty())
      return done(failure{errc::unavailable, "the peer has no data address"});
    auto asked = std::make_shared<question_under_way<Question>>();
    if (auto entered = open.enter(asked->context); !entered)
      return done(entered.error());
    write_message(question, asked->rpc.request);
    asked->context->set_deadline(std::chrono::system_clock::now() + within);
    const auto stub = [&] {
      const std::lock_guard hold(mutex);
      return pb::JobRecordService::NewStub(channels.to(to.data_address));
    }();
    asked->rpc.start(*stub->async(), *asked->context,
                     [p = this, asked, done = std::move(done)](const grpc::Status& end) mutable {
                       const auto leaving = p->open.leave(asked->context);
                       const auto over = std::move(asked); // before it has left
                       if (end.ok())
                         done(answer_of(over->rpc.response));
                       else
                         done(reason_of(end));
                     });
  }

  void send(const cluster_member& to, keep_records question, std::chrono::milliseconds within, answer_done done) {
    auto messages = split(std::move(question));
    if (!messages)
      return done(messages.error());
    const auto each = messages->size() == 1 ? std::move(done) : joined(messages->size(), std::move(done));
    for (const auto& message : *messages)
      send<keep_records>(to, message, within, each);
  }
};

grpc_job_link::grpc_job_link(std::shared_ptr<parts> made) : parts_(std::move(made)) {}

result<std::shared_ptr<grpc_job_link>> grpc_job_link::make(const job_link_options& options) {
  auto credentials = make_channel_credentials(options.tls);
  if (!credentials)
    return credentials.error();
  return std::shared_ptr<grpc_job_link>(new grpc_job_link(std::make_shared<parts>(options, *std::move(credentials))));
}

grpc_job_link::~grpc_job_link() {
  close();
}

void grpc_job_link::ask(const cluster_member& to, job_request request, std::chrono::milliseconds within,
                        answer_done done) {
  std::visit([&](auto& question) { parts_->send(to, std::move(question), within, std::move(done)); }, request);
}

void grpc_job_link::close() {
  parts_->open.close();
}

} // namespace weft
