#pragma once

#include "node/grpc/convert_corpus.hpp"
#include "node/grpc/convert_job.hpp"
#include "node/grpc/output_stream.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace weft {

/// The news of one job, the latest only.
class watch_stream final : public output_stream {
public:
  watch_stream(std::shared_ptr<edge> edge, std::shared_ptr<job_door> door, grpc::CallbackServerContext& rpc);
  ~watch_stream() override = default;
  /// REQUIRES: before start(entered), where that is no refusal.
  void want(watch_request request) { request_ = std::move(request); }

private:
  void ask() override;
  void let_go() override { watch_.reset(); }

  const std::shared_ptr<job_door> door_;
  watch_request request_;
  std::shared_ptr<job_watch> watch_; // used by one thread at a time
};

/// The results of one job: one segment's are asked for when those before have left.
class results_stream final : public output_stream {
public:
  results_stream(std::shared_ptr<edge> edge, std::shared_ptr<job_door> door, grpc::CallbackServerContext& rpc);
  ~results_stream() override = default;
  /// REQUIRES: before start(entered), where that is no refusal.
  void want(results_request request) { request_ = std::move(request); }

  /// Any thread.
  void page(const results_page& page) { give(write_job_results(page, request_)); }

private:
  void ask() override;
  void let_go() override { reader_.reset(); }

  const std::shared_ptr<job_door> door_;
  results_request request_;
  std::shared_ptr<results_reader> reader_; // used by one thread at a time
};

/// The outcome of one corpus job, a message at a time. It is in the node's memory as long as its client reads, and
/// counted with the unread answers.
class corpus_stream final : public output_stream {
public:
  corpus_stream(std::shared_ptr<edge> edge, std::shared_ptr<job_door> door, grpc::CallbackServerContext& rpc);
  ~corpus_stream() override = default;
  /// REQUIRES: before start(entered), where that is no refusal.
  void want(corpus_request request) { request_ = std::move(request); }

private:
  void ask() override;
  void let_go() override {} // what was asked cannot be taken back; what came goes with the stream
  void begin(result<corpus_reading> reading);
  void go_on();

  const std::shared_ptr<byte_budget> replies_;
  const std::shared_ptr<job_door> door_;
  corpus_request request_;
  // Used by one thread at a time: by whoever brings the outcome before anything is given, then by ask().
  bool asked_ = false;
  byte_credit credit_;
  std::optional<corpus_pieces> pieces_;
};

} // namespace weft
