#include "tests/tools/weft/fake_jobs.hpp"

#include "tests/tools/weft/fake_compressor.hpp"
#include "tests/tools/weft/fake_corpus.hpp"
#include "tests/tools/weft/fake_node.hpp"

#include <grpcpp/server_builder.h>

#include <algorithm>
#include <utility>

namespace weft::test {
namespace {

const grpc::Status unknown = {grpc::StatusCode::NOT_FOUND, "there is no such job"};
const grpc::Status lost = {grpc::StatusCode::UNAVAILABLE, "Socket closed"};

bool fails(const std::string& text) {
  return text == "FAIL";
}

} // namespace

fake_jobs::fake_jobs(std::shared_ptr<job_board> board, fake_jobs_options options)
    : board_(std::move(board)), options_(options) {
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  endpoint_ = "127.0.0.1:" + std::to_string(port);
}

fake_jobs::~fake_jobs() {
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

job_board::entry fake_jobs::at(const std::string& id) const {
  const std::lock_guard lock{board_->mutex};
  return board_->jobs.at(id);
}

uint64_t fake_jobs::streams() const {
  const std::lock_guard lock{board_->mutex};
  return board_->streams;
}

void fake_jobs::put(const v1::Job& job) {
  const std::lock_guard lock{board_->mutex};
  board_->jobs[job.id()].job = job;
}

std::optional<v1::Job> fake_jobs::find(const std::string& id) const {
  const std::lock_guard lock{board_->mutex};
  const auto found = board_->jobs.find(id);
  return found == board_->jobs.end() ? std::nullopt : std::optional{found->second.job};
}

v1::Job fake_jobs::open(const v1::JobOpening& opening) {
  const std::lock_guard lock{board_->mutex};
  ++board_->streams;
  auto& entry = board_->jobs["job-" + opening.request_id()];
  if (entry.job.id().empty()) {
    entry.opening = opening;
    entry.job.set_id("job-" + opening.request_id());
    entry.job.set_request_id(opening.request_id());
    entry.job.set_state(v1::JOB_STATE_PENDING);
    entry.job.set_operation(opening.has_compress() ? "compress" : opening.has_corpus() ? "corpus" : "embed");
    if (opening.has_corpus())
      *entry.job.mutable_corpus()->mutable_options() = opening.corpus();
    if (opening.has_compress())
      *entry.job.mutable_compress() = opening.compress();
    entry.job.set_model("fake");
    entry.job.mutable_durability()->set_copies(3);
    entry.job.mutable_durability()->set_synced(2);
  }
  entry.job.set_items_durable(entry.texts.size());
  return entry.job;
}

grpc::Status fake_jobs::Submit(grpc::ServerContext*, submit_stream* stream) {
  v1::JobServiceSubmitRequest in;
  v1::JobServiceSubmitResponse out;
  if (!stream->Read(&in) || !in.has_open())
    return {grpc::StatusCode::INVALID_ARGUMENT, "the first message opens the job"};
  if (options_.refuses)
    return refusal(grpc::StatusCode::UNAVAILABLE, "NO_QUORUM", "1 of 3 nodes answers");
  auto job = open(in.open());
  auto durable = job.items_durable();
  if (options_.forgets)
    durable -= std::min(durable, *options_.forgets);
  *out.mutable_opened()->mutable_job() = job;
  out.mutable_opened()->set_items_durable(durable);
  stream->Write(out);
  while (job.state() == v1::JOB_STATE_PENDING) {
    if (!stream->Read(&in))
      return {grpc::StatusCode::CANCELLED, "the stream ended without complete"};
    const std::lock_guard lock{board_->mutex};
    auto& entry = board_->jobs.at(job.id());
    if (!in.has_first_item() || in.first_item() != entry.texts.size())
      return {grpc::StatusCode::INVALID_ARGUMENT, "first_item"};
    for (const auto& text : in.texts()) {
      if (options_.lost_after && entry.texts.size() == *options_.lost_after) {
        options_.lost_after.reset();
        return lost; // what is durable was not all told
      }
      entry.texts.push_back(text);
    }
    out.mutable_durable()->set_items(entry.texts.size());
    stream->Write(out);
    if (!in.complete() || options_.endless)
      continue;
    const auto failed = static_cast<uint64_t>(std::count_if(entry.texts.begin(), entry.texts.end(), fails));
    entry.job.set_state(failed > 0 ? v1::JOB_STATE_DONE_WITH_FAILURES : v1::JOB_STATE_DONE);
    entry.job.set_items_total(entry.texts.size());
    entry.job.set_items_durable(entry.texts.size());
    entry.job.set_items_done(entry.texts.size());
    entry.job.set_items_failed(failed);
    job = entry.job;
  }
  *out.mutable_completed()->mutable_job() = job;
  stream->Write(out);
  return grpc::Status::OK;
}

grpc::Status fake_jobs::Get(grpc::ServerContext*, const v1::JobServiceGetRequest* in, v1::JobServiceGetResponse* out) {
  const auto job = find(in->id());
  if (job)
    *out->mutable_job() = *job;
  return job ? grpc::Status::OK : unknown;
}

/// Two a page.
grpc::Status fake_jobs::List(grpc::ServerContext*, const v1::JobServiceListRequest* in,
                             v1::JobServiceListResponse* out) {
  if (in->all_tenants())
    return refusal(grpc::StatusCode::PERMISSION_DENIED, "PERMISSION_DENIED", "for operators");
  const std::lock_guard lock{board_->mutex};
  for (const auto& [id, entry] : board_->jobs) {
    const auto& states = in->states();
    if (id <= in->page_token() ||
        (!states.empty() && std::find(states.begin(), states.end(), entry.job.state()) == states.end()))
      continue;
    if (out->jobs_size() == 2) {
      out->set_next_page_token(out->jobs(1).id());
      break;
    }
    *out->add_jobs() = entry.job;
  }
  return grpc::Status::OK;
}

/// Half of it, then the job as it is.
grpc::Status fake_jobs::Watch(grpc::ServerContext*, const v1::JobServiceWatchRequest* in,
                              grpc::ServerWriter<v1::JobServiceWatchResponse>* stream) {
  const auto job = find(in->id());
  if (!job)
    return unknown;
  v1::JobServiceWatchResponse out;
  *out.mutable_job() = *job;
  out.mutable_job()->set_state(v1::JOB_STATE_RUNNING);
  out.mutable_job()->set_items_done(job->items_total() / 2);
  while (stream->Write(out) && options_.endless)
    ;
  *out.mutable_job() = *job;
  stream->Write(out);
  return grpc::Status::OK;
}

/// Three items a message.
grpc::Status fake_jobs::Results(grpc::ServerContext*, const v1::JobServiceResultsRequest* in,
                                grpc::ServerWriter<v1::JobServiceResultsResponse>* stream) {
  const std::lock_guard lock{board_->mutex};
  ++board_->streams;
  const auto found = board_->jobs.find(in->id());
  if (found == board_->jobs.end())
    return unknown;
  const auto& texts = found->second.texts;
  v1::JobServiceResultsResponse out;
  const auto leave = [&] {
    out.mutable_info()->set_model("fake");
    out.mutable_info()->set_dimensions(4);
    stream->Write(out);
    out.Clear();
  };
  for (uint64_t i = in->from_item(); i < texts.size(); ++i) {
    if (options_.cut_after && i == *options_.cut_after) {
      options_.cut_after.reset();
      leave();
      return lost;
    }
    if (texts[i] == "NONE" || (in->failed_only() && !fails(texts[i])))
      continue;
    auto& item = *out.add_items();
    item.set_index(i);
    if (fails(texts[i])) {
      item.mutable_error()->set_code(grpc::StatusCode::INTERNAL);
      item.mutable_error()->set_reason("ENGINE_FAILED");
      item.mutable_error()->set_message("3 nodes failed on it");
    } else if (found->second.opening.has_compress()) {
      auto made = fake_compressor::compress(texts[i], found->second.opening.compress());
      *item.mutable_compressed() = std::move(*made.mutable_compressed());
    } else {
      const auto vector = fake_node::fake_vector(texts[i]);
      item.mutable_embedding()->mutable_values()->Assign(vector.begin(), vector.end());
      item.mutable_embedding()->set_tokens(3);
      item.mutable_embedding()->set_source(v1::SOURCE_COMPUTED);
    }
    if (out.items_size() == 3)
      leave();
  }
  if (out.items_size() > 0)
    leave();
  while (options_.waits && stream->Write(out))
    ;
  return grpc::Status::OK;
}

grpc::Status fake_jobs::Cancel(grpc::ServerContext*, const v1::JobServiceCancelRequest* in,
                               v1::JobServiceCancelResponse* out) {
  const std::lock_guard lock{board_->mutex};
  const auto found = board_->jobs.find(in->id());
  if (found == board_->jobs.end())
    return unknown;
  if (found->second.job.state() < v1::JOB_STATE_DONE)
    found->second.job.set_state(v1::JOB_STATE_CANCELLED);
  *out->mutable_job() = found->second.job;
  return grpc::Status::OK;
}

grpc::Status fake_jobs::Corpus(grpc::ServerContext*, const v1::JobServiceCorpusRequest* in,
                               grpc::ServerWriter<v1::JobServiceCorpusResponse>* stream) {
  const std::lock_guard lock{board_->mutex};
  ++board_->streams;
  const auto found = board_->jobs.find(in->id());
  if (found == board_->jobs.end())
    return unknown;
  auto pieces = fake_outcome(found->second.texts, in->with_labels());
  if (options_.fails_corpus) {
    pieces.resize(1);
    pieces[0].clear_clusters();
    auto& why = *pieces[0].mutable_facts()->mutable_error();
    why.set_code(grpc::StatusCode::INTERNAL);
    why.set_reason("ENGINE_FAILED");
    why.set_message("four tries failed");
  }
  for (const auto& piece : pieces) {
    stream->Write(piece);
    if (std::exchange(options_.cuts_outcome, false))
      return lost;
  }
  return grpc::Status::OK;
}

grpc::Status fake_jobs::RankCorpus(grpc::ServerContext*, const v1::JobServiceRankCorpusRequest* in,
                                   v1::JobServiceRankCorpusResponse* out) {
  const std::lock_guard lock{board_->mutex};
  const auto found = board_->jobs.find(in->id());
  if (found == board_->jobs.end())
    return unknown;
  if (!found->second.opening.has_corpus())
    return refusal(grpc::StatusCode::INVALID_ARGUMENT, "INVALID_ARGUMENT", "no corpus job");
  *out = fake_hits(found->second.texts, *in);
  return grpc::Status::OK;
}

} // namespace weft::test
