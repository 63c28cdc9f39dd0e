#pragma once

#include "node/grpc/convert_job.hpp"
#include "node/grpc/output_stream.hpp"

#include <memory>

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

} // namespace weft
