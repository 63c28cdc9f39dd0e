#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/context.hpp"
#include "runtime/ports/job_door.hpp"

#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Where weft.v1.JobService's messages and the jobs' own types meet. All functions are pure and thread-safe. What cannot
// be read fails with errc::invalid_argument, unless something else is said.

namespace weft {

/// One message of a Submit stream.
struct submit_message {
  std::optional<job_opening> opening;
  std::optional<uint64_t> first_item; ///< place of the first text in the job; empty: right after those before
  std::vector<std::string> texts;     ///< any bytes
  bool complete = false;
};

/// Reads a weft.v1.JobServiceSubmitRequest. caller: the RPC's context; a job that is opened without a priority has its.
/// Fails also with errc::too_many_items, and with errc::permission_denied for a priority that the caller may not have.
result<submit_message> read_submit(const grpc::ByteBuffer& message, const context& caller);

/// Each writes a weft.v1.JobServiceSubmitResponse.
grpc::ByteBuffer write_opened(const job_status& job);
grpc::ByteBuffer write_durable(uint64_t items);
grpc::ByteBuffer write_completed(const job_status& job);

/// id: as clients write it. caller: whose jobs may be seen. Operators, and everybody where the node has no keys, see
/// all.
result<job_question> question_of(const std::string& id, const context& caller);
result<job_question> read_get_job(const grpc::ByteBuffer& message, const context& caller);
result<job_question> read_cancel_job(const grpc::ByteBuffer& message, const context& caller);
/// Fails also with errc::permission_denied: all tenants are asked for, and the caller is no operator.
result<job_filter> read_list_jobs(const grpc::ByteBuffer& message, const context& caller);

struct watch_request {
  job_question which;
  std::chrono::milliseconds period{};
};
result<watch_request> read_watch_job(const grpc::ByteBuffer& message, const context& caller);

struct results_request {
  job_question which;
  uint64_t from = 0;
  bool failed_only = false;
};
result<results_request> read_job_results(const grpc::ByteBuffer& message, const context& caller);

grpc::ByteBuffer write_get_job(const job_status& job);
grpc::ByteBuffer write_cancel_job(const job_status& job);
grpc::ByteBuffer write_list_jobs(const job_page& page);
grpc::ByteBuffer write_watch_job(const job_status& job);

/// Writes weft.v1.JobServiceResultsResponse messages of about a megabyte at most: the page's items that were asked for.
/// None where none is left.
std::vector<grpc::ByteBuffer> write_job_results(const results_page& page, const results_request& asked);

} // namespace weft
