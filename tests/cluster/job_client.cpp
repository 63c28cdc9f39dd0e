#include "tests/cluster/job_client.hpp"

#include <grpcpp/grpcpp.h>

#include <algorithm>

namespace weft::test {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr size_t texts_a_message = 100;

void set_deadline(grpc::ClientContext& context, std::chrono::milliseconds after) {
  context.set_deadline(std::chrono::system_clock::now() + after);
}

} // namespace

job_client::job_client(const std::vector<std::string>& endpoints) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 300); // a killed node is soon back
  arguments.SetMaxReceiveMessageSize(64 << 20);
  for (const auto& endpoint : endpoints)
    stubs_.push_back(
        v1::JobService::NewStub(grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), arguments)));
}

v1::JobService::Stub& job_client::next() {
  return *stubs_[turn_++ % stubs_.size()];
}

job_client::submitted job_client::submit(const std::string& request_id, const std::vector<std::string>& texts,
                                         std::chrono::milliseconds patience) {
  v1::JobOpening opening;
  opening.set_request_id(request_id);
  return submit(opening, texts, patience);
}

job_client::submitted job_client::submit(const v1::JobOpening& opening, const std::vector<std::string>& texts,
                                         std::chrono::milliseconds patience) {
  submitted out;
  const auto until = clock_type::now() + patience;
  do {
    ++out.streams;
    grpc::ClientContext context;
    set_deadline(context, 30s);
    auto stream = next().Submit(&context);
    v1::JobServiceSubmitRequest message;
    *message.mutable_open() = opening;
    stream->Write(message);
    v1::JobServiceSubmitResponse heard;
    if (stream->Read(&heard) && heard.has_opened()) {
      out.id = heard.opened().job().id();
      auto at = heard.opened().items_durable();
      out.durable = std::max(out.durable, at);
      for (; at <= texts.size(); at += texts_a_message) {
        message.Clear();
        message.set_first_item(at);
        for (auto i = at; i < std::min<uint64_t>(at + texts_a_message, texts.size()); ++i)
          message.add_texts(texts[i]);
        message.set_complete(at + texts_a_message > texts.size());
        if (!stream->Write(message))
          break;
      }
      while (stream->Read(&heard)) {
        if (heard.has_durable())
          out.durable = std::max(out.durable, heard.durable().items());
        out.complete = out.complete || heard.has_completed();
      }
    }
    stream->WritesDone();
    while (stream->Read(&heard))
      ; // else Finish() would wait for ever
    out.last = stream->Finish();
  } while (!out.complete && clock_type::now() < until);
  if (out.complete)
    out.durable = texts.size();
  return out;
}

std::optional<v1::Job> job_client::get(const std::string& id) {
  for (size_t i = 0; i < stubs_.size(); ++i) {
    grpc::ClientContext context;
    set_deadline(context, 1s);
    v1::JobServiceGetRequest request;
    request.set_id(id);
    v1::JobServiceGetResponse reply;
    if (next().Get(&context, request, &reply).ok())
      return reply.job();
  }
  return std::nullopt;
}

v1::Job job_client::wait_until(const std::string& id, const std::function<bool(const v1::Job&)>& condition,
                               std::chrono::milliseconds patience) {
  v1::Job latest;
  for (const auto until = clock_type::now() + patience; clock_type::now() < until;) {
    grpc::ClientContext context;
    set_deadline(context, std::min<std::chrono::milliseconds>(
                              5s, std::chrono::duration_cast<std::chrono::milliseconds>(until - clock_type::now())));
    v1::JobServiceWatchRequest request;
    request.set_id(id);
    request.set_period_ms(100);
    auto stream = next().Watch(&context, request);
    v1::JobServiceWatchResponse news;
    while (stream->Read(&news)) {
      latest = news.job();
      if (condition(latest)) {
        context.TryCancel();
        while (stream->Read(&news))
          ;
        (void)stream->Finish();
        return latest;
      }
    }
    (void)stream->Finish();
  }
  return latest;
}

v1::Job job_client::wait_for_end(const std::string& id, std::chrono::milliseconds patience) {
  return wait_until(id, has_ended, patience);
}

job_client::answers job_client::results(const std::string& id, uint64_t from) {
  answers out;
  for (uint32_t tries = 0; tries < 10; ++tries) {
    grpc::ClientContext context;
    set_deadline(context, 60s);
    v1::JobServiceResultsRequest request;
    request.set_id(id);
    request.set_from_item(from + out.items.size());
    auto stream = next().Results(&context, request);
    v1::JobServiceResultsResponse page;
    while (stream->Read(&page)) {
      out.items.insert(out.items.end(), page.items().begin(), page.items().end());
      if (page.has_info())
        out.precision = page.info().precision();
    }
    out.last = stream->Finish();
    if (out.last.ok())
      break;
  }
  return out;
}

job_client::corpus job_client::read_corpus(const std::string& id) {
  corpus out;
  grpc::ClientContext context;
  set_deadline(context, 60s);
  v1::JobServiceCorpusRequest request;
  request.set_id(id);
  request.set_with_labels(true);
  auto stream = next().Corpus(&context, request);
  for (v1::JobServiceCorpusResponse piece; stream->Read(&piece);)
    out.whole.MergeFrom(piece);
  out.last = stream->Finish();
  return out;
}

std::pair<grpc::Status, v1::JobServiceRankCorpusResponse>
job_client::rank_corpus(const std::string& id, const std::vector<std::string>& queries, uint32_t count) {
  std::pair<grpc::Status, v1::JobServiceRankCorpusResponse> out;
  grpc::ClientContext context;
  set_deadline(context, 60s);
  v1::JobServiceRankCorpusRequest request;
  request.set_id(id);
  request.set_count(count);
  for (const auto& query : queries)
    request.add_texts(query);
  out.first = next().RankCorpus(&context, request, &out.second);
  return out;
}

std::string differs(const job_client::answers& got, const lone_answers& want, const std::vector<size_t>& indices) {
  if (!got.last.ok())
    return "results ended with " + got.last.error_message();
  if (got.items.size() != indices.size())
    return std::to_string(got.items.size()) + " results for " + std::to_string(indices.size()) + " items";
  v1::EmbedResponse reply;
  reply.mutable_info()->set_precision(got.precision);
  for (size_t i = 0; i < got.items.size(); ++i) {
    if (got.items[i].index() != i)
      return "result " + std::to_string(i) + " is of item " + std::to_string(got.items[i].index());
    if (!got.items[i].has_embedding())
      return "item " + std::to_string(i) + " failed: " + got.items[i].error().message();
    *reply.add_embeddings() = got.items[i].embedding();
  }
  return want.differs(indices, reply);
}

std::vector<std::string> texts_of(const lone_answers& from, const std::vector<size_t>& indices) {
  std::vector<std::string> out;
  out.reserve(indices.size());
  for (auto i : indices)
    out.push_back(from.text(i));
  return out;
}

bool has_ended(const v1::Job& job) {
  return job.state() >= v1::JOB_STATE_DONE;
}

} // namespace weft::test
