#include "node/grpc/corpus_ranking.hpp"

#include "node/grpc/convert_corpus.hpp"
#include "node/grpc/rpc_call.hpp"
#include "runtime/corpus_job/corpus_terms.hpp"

#include <string>
#include <utility>

namespace weft {
namespace {

constexpr std::chrono::milliseconds reply_retry_after{100};

failure no_room() {
  return {errc::overloaded, "answers that clients have not read fill the node", {}, reply_retry_after};
}

/// One RankCorpus, from step to step. Whoever takes a step holds it; each step is taken once, on any thread.
class corpus_ranking : public std::enable_shared_from_this<corpus_ranking> {
public:
  corpus_ranking(std::shared_ptr<weft::edge> edge, std::shared_ptr<job_door> door, embed_reactor& reactor,
                 unary_answer answer)
      : edge_(std::move(edge)), door_(std::move(door)), reactor_(reactor), answer_(std::move(answer)) {}

  void start(grpc::CallbackServerContext& rpc, const grpc::ByteBuffer& in);
  void embedded(embed_result&& result);
  void fail(const failure& why) { answer_.fail(why, caller_); }

private:
  void found(const job_status& job);
  void rank();
  void finish(result<corpus_hits> hits);

  const std::shared_ptr<weft::edge> edge_;
  const std::shared_ptr<job_door> door_;
  embed_reactor& reactor_; // may be gone once answered
  unary_answer answer_;
  context caller_;
  rank_request request_;
};

/// The query's texts on their way through the actors.
class query_call final : public call {
public:
  query_call(weft::context context, embed_request request, std::shared_ptr<corpus_ranking> of)
      : call(std::move(context), std::move(request)), of_(std::move(of)) {}
  ~query_call() override {
    if (!answered())
      of_->fail(why_unanswered(*this));
  }

private:
  void on_reply(embed_result&& value) noexcept override { of_->embedded(std::move(value)); }
  void on_fail(failure&& reason) noexcept override { of_->fail(reason); }

  const std::shared_ptr<corpus_ranking> of_;
};

void corpus_ranking::start(grpc::CallbackServerContext& rpc, const grpc::ByteBuffer& in) {
  if (auto entered = enter_work(*edge_, rpc, caller_); !entered)
    return fail(entered.error());
  if (!door_)
    return fail({errc::unavailable, "this node keeps no jobs"});
  if (edge_->draining)
    return fail({errc::draining, "the node takes no new calls"});
  auto request = read_rank_corpus(in, caller_);
  if (!request)
    return fail(request.error());
  request_ = *std::move(request);
  const uint64_t bytes = request_.queries * (item_bytes + request_.query.count * hit_bytes);
  if (!edge_->replies->take(bytes))
    return fail(no_room());
  reactor_.hold({edge_->replies, bytes});
  if (request_.texts.empty())
    return rank();
  door_->get(request_.query.job, [self = shared_from_this()](const result<job_status>& job) {
    if (job)
      self->found(*job);
    else
      self->fail(job.error());
  });
}

void corpus_ranking::found(const job_status& job) {
  const auto& spec = job.header.spec;
  if (spec.corpus.empty())
    return fail({errc::invalid_argument,
                 "this job is to " + spec.operation + "; what is near can be asked of corpus jobs",
                 {{"field", "id"}}});
  embed_request request{
      .model = spec.model, .texts = std::move(request_.texts), .options = spec.options, .precision = class_of(spec)};
  edge_->entrance.submit(std::make_shared<query_call>(caller_, std::move(request), shared_from_this()));
}

void corpus_ranking::embedded(embed_result&& result) {
  for (const auto& item : result.items)
    request_.query.vectors.insert(request_.query.vectors.end(), item.values.begin(), item.values.end());
  request_.query.model_version = std::move(result.model_version);
  request_.query.precision = result.precision;
  rank();
}

void corpus_ranking::rank() {
  door_->rank_corpus(std::move(request_.query),
                     [self = shared_from_this()](result<corpus_hits> hits) { self->finish(std::move(hits)); });
}

void corpus_ranking::finish(result<corpus_hits> hits) {
  if (!hits)
    return fail(hits.error());
  const uint64_t bytes = bytes_of(*hits);
  if (bytes > rank_reply_bytes_max)
    return fail({errc::call_too_large,
                 "these hits and their texts have " + std::to_string(bytes) + " bytes, more than " +
                     std::to_string(rank_reply_bytes_max) + "; ask for fewer, or for hits without texts",
                 {{"limit", std::to_string(rank_reply_bytes_max)}}});
  // As it is known now; what was set aside before goes back.
  if (!edge_->replies->take(bytes))
    return fail(no_room());
  reactor_.hold({edge_->replies, bytes});
  answer_.send(write_rank_corpus(*hits), caller_);
}

} // namespace

grpc::ServerUnaryReactor* start_corpus_ranking(const std::shared_ptr<edge>& edge, const std::shared_ptr<job_door>& door,
                                               grpc::CallbackServerContext& rpc, const grpc::ByteBuffer& in,
                                               grpc::ByteBuffer& out) {
  auto* reactor = new embed_reactor; // OnDone() deletes it
  std::make_shared<corpus_ranking>(edge, door, *reactor, unary_answer(rpc, *reactor, out, *edge, "rank_corpus"))
      ->start(rpc, in);
  return reactor;
}

} // namespace weft
