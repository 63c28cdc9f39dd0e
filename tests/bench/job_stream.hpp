#pragma once

#include "weft/v1/job.grpc.pb.h"

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace weft::bench {

/// What a job is made of.
struct job_texts {
  std::string request_id;
  uint64_t count = 0;
  std::function<std::string(uint64_t)> text; ///< of an item
  uint64_t texts_a_message = 1'024;
};

/// A job that all nodes have acknowledged completely.
struct submitted_job {
  std::string id;
  double seconds = 0; ///< from the first message until its completion was acknowledged
};

/// Hands in a job through one node, with a thread that writes and one that reads. Ends the benchmark when the node does
/// not take all of it.
submitted_job submit_job(const std::shared_ptr<grpc::Channel>& node, const job_texts& texts);

/// Waits for news of the job until this is true; ends the benchmark when the job ends otherwise or five minutes pass.
v1::Job wait_for_job(const std::shared_ptr<grpc::Channel>& node, const std::string& id,
                     const std::function<bool(const v1::Job&)>& condition);
/// Until it is done, with all items.
v1::Job wait_until_done(const std::shared_ptr<grpc::Channel>& node, const std::string& id);
void cancel_job(const std::shared_ptr<grpc::Channel>& node, const std::string& id);

} // namespace weft::bench
