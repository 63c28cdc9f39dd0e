#pragma once

#include "node/grpc/credentials.hpp"
#include "runtime/ports/job_link.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace weft {

struct job_link_options {
  std::optional<tls_files> tls;
  uint32_t asks_max = 2'048;   ///< unanswered, of all members; further ones get errc::overloaded
  uint32_t channels_max = 256; ///< connections that are kept
};

/// job_link over weft.peer.v1.JobRecordService. Its connections are its own: records on their way delay no call. What
/// is larger than a message may be goes in several, and is kept when all of them are. Never tries again. Thread-safe.
class grpc_job_link final : public job_link {
public:
  /// Fails with errc::invalid_argument (TLS files).
  static result<std::shared_ptr<grpc_job_link>> make(const job_link_options& options);
  /// As close().
  ~grpc_job_link() override;
  grpc_job_link(const grpc_job_link&) = delete;
  grpc_job_link& operator=(const grpc_job_link&) = delete;

  /// `done` is called on gRPC's threads, or at once where nothing is sent. An answer that cannot be read is
  /// errc::unavailable; a record of more than job_record_bytes_max is errc::invalid_argument.
  void ask(const cluster_member& to, job_request request, std::chrono::milliseconds within, answer_done done) override;

  /// Ends all questions with errc::unavailable, and each later one at once. Blocks until all were told.
  void close();

private:
  struct parts;
  explicit grpc_job_link(std::shared_ptr<parts> made);
  const std::shared_ptr<parts> parts_;
};

} // namespace weft
