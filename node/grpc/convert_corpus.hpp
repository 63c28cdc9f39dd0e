#pragma once

#include "runtime/base/result.hpp"
#include "runtime/corpus_job/corpus_outcome.hpp"
#include "runtime/job/context.hpp"
#include "runtime/ports/job_door.hpp"

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <string>
#include <vector>

// Outcomes of corpus jobs, and what is near in a corpus, as messages of weft.v1.JobService. What cannot be read fails
// with errc::invalid_argument.

namespace weft::v1 {
class JobServiceCorpusResponse;
} // namespace weft::v1

namespace weft {

/// What a weft.v1.JobServiceCorpusRequest asks.
struct corpus_request {
  job_question question;
  bool with_labels = false;
};
result<corpus_request> read_corpus_request(const grpc::ByteBuffer& message, const context& caller);

/// Cuts an outcome into weft.v1.JobServiceCorpusResponse messages, one after the other. Not thread-safe.
class corpus_pieces {
public:
  /// errc::state_damaged: the outcome cannot be read.
  static result<corpus_pieces> of(corpus_reading reading, bool with_labels);

  bool done() const noexcept;
  /// About a megabyte at most; a longer text has one for itself. REQUIRES: not done.
  grpc::ByteBuffer next();

private:
  corpus_pieces(corpus_reading&& reading, corpus_outcome&& outcome);
  void add_labels(v1::JobServiceCorpusResponse& out, uint64_t& bytes);

  corpus_outcome outcome_;
  std::vector<std::string> representatives_, extract_; ///< what has left is gone
  double scale_ = 1;                                   ///< length of a point
  bool began_ = false;
  size_t clusters_ = 0, duplicates_ = 0, picks_ = 0, labels_ = 0; ///< that have left
};

/// What a weft.v1.JobServiceRankCorpusRequest asks.
struct rank_request {
  corpus_query query;             ///< without vectors where there are texts
  std::vector<std::string> texts; ///< any bytes
  uint32_t queries = 0;           ///< texts or vectors
};
/// Texts may be any bytes, as those of Embed.
result<rank_request> read_rank_corpus(const grpc::ByteBuffer& message, const context& caller);

/// Of the reply.
uint64_t bytes_of(const corpus_hits& hits) noexcept;
inline constexpr uint64_t hit_bytes = 64; ///< of a hit, beside its text
grpc::ByteBuffer write_rank_corpus(const corpus_hits& hits);

} // namespace weft
