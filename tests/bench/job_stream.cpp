#include "tests/bench/job_stream.hpp"

#include "tests/bench/node_process.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace weft::bench {
namespace {

using clock_type = std::chrono::steady_clock;

constexpr std::chrono::minutes patience{5};

void set_deadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + patience);
}

} // namespace

submitted_job submit_job(const std::shared_ptr<grpc::Channel>& node, const job_texts& texts) {
  const auto began = clock_type::now();
  const auto stub = v1::JobService::NewStub(node);
  grpc::ClientContext context;
  set_deadline(context);
  const auto stream = stub->Submit(&context);
  std::thread writer([&] {
    v1::JobServiceSubmitRequest message;
    message.mutable_open()->set_request_id(texts.request_id);
    for (uint64_t at = 0; stream->Write(message) && at < texts.count;) {
      message.Clear();
      const auto end = std::min(at + texts.texts_a_message, texts.count);
      for (; at < end; ++at)
        message.add_texts(texts.text(at));
      message.set_complete(at == texts.count);
    }
  });
  submitted_job out;
  bool complete = false;
  for (v1::JobServiceSubmitResponse heard; stream->Read(&heard);) {
    if (heard.has_opened())
      out.id = heard.opened().job().id();
    complete = complete || heard.has_completed();
  }
  out.seconds = std::chrono::duration<double>(clock_type::now() - began).count();
  writer.join();
  if (const auto status = stream->Finish(); !status.ok() || !complete)
    give_up("a job was not taken: " + status.error_message());
  return out;
}

v1::Job wait_for_job(const std::shared_ptr<grpc::Channel>& node, const std::string& id,
                     const std::function<bool(const v1::Job&)>& condition) {
  const auto stub = v1::JobService::NewStub(node);
  grpc::ClientContext context;
  set_deadline(context);
  v1::JobServiceWatchRequest request;
  request.set_id(id);
  request.set_period_ms(100);
  const auto stream = stub->Watch(&context, request);
  for (v1::JobServiceWatchResponse news; stream->Read(&news);)
    if (condition(news.job())) {
      context.TryCancel();
      return news.job();
    }
  const auto status = stream->Finish();
  give_up("a job did not become what was waited for: " + status.error_message());
}

v1::Job wait_until_done(const std::shared_ptr<grpc::Channel>& node, const std::string& id) {
  return wait_for_job(node, id, [](const v1::Job& job) { return job.state() == v1::JOB_STATE_DONE; });
}

void cancel_job(const std::shared_ptr<grpc::Channel>& node, const std::string& id) {
  grpc::ClientContext context;
  set_deadline(context);
  v1::JobServiceCancelRequest request;
  request.set_id(id);
  v1::JobServiceCancelResponse answer;
  if (const auto status = v1::JobService::NewStub(node)->Cancel(&context, request, &answer); !status.ok())
    give_up("a job was not cancelled: " + status.error_message());
}

} // namespace weft::bench
