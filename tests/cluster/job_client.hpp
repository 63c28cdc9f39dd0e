#pragma once

#include "tests/cluster/lone_answers.hpp"
#include "weft/v1/job.grpc.pb.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

/// A client of jobs that knows several nodes: what one cannot answer it asks of the next, with the same request id, as
/// the `weft` command does.
class job_client {
public:
  explicit job_client(const std::vector<std::string>& endpoints);

  struct submitted {
    std::string id;       ///< "": it was never opened
    uint64_t durable = 0; ///< the most that was acknowledged, by whichever node
    bool complete = false;
    grpc::Status last; ///< of the last stream
    uint32_t streams = 0;
  };
  /// Hands these texts in, a few in each message, until all are acknowledged; gives up after `patience`, or after the
  /// first stream where there is none.
  submitted submit(const std::string& request_id, const std::vector<std::string>& texts,
                   std::chrono::milliseconds patience = std::chrono::seconds{60});
  /// The same of a job that is opened otherwise than by its request id alone.
  submitted submit(const v1::JobOpening& opening, const std::vector<std::string>& texts,
                   std::chrono::milliseconds patience = std::chrono::seconds{60});

  /// From the first node that answers; empty: none does within a second each.
  std::optional<v1::Job> get(const std::string& id);
  /// The job when this is true of it, or what it was last.
  v1::Job wait_until(const std::string& id, const std::function<bool(const v1::Job&)>& condition,
                     std::chrono::milliseconds patience = std::chrono::seconds{60});
  v1::Job wait_for_end(const std::string& id, std::chrono::milliseconds patience = std::chrono::seconds{60});

  struct answers {
    std::vector<v1::ItemResult> items; ///< as they came
    std::string precision;
    grpc::Status last;
  };
  /// All results from this item on; taken up through the next node where a stream is cut.
  answers results(const std::string& id, uint64_t from = 0);

  struct corpus {
    grpc::Status last;
    v1::JobServiceCorpusResponse whole; ///< all messages as one
  };
  /// The outcome of a corpus job, with labels, from the next node; asked once.
  corpus read_corpus(const std::string& id);
  /// What is near to these texts in it; likewise.
  std::pair<grpc::Status, v1::JobServiceRankCorpusResponse>
  rank_corpus(const std::string& id, const std::vector<std::string>& queries, uint32_t count);

private:
  v1::JobService::Stub& next();

  std::vector<std::unique_ptr<v1::JobService::Stub>> stubs_;
  size_t turn_ = 0;
};

/// "" when there is exactly one result for each of these texts, in order, each as a lone node computes it; else what is
/// wrong.
std::string differs(const job_client::answers& got, const lone_answers& want, const std::vector<size_t>& indices);

/// The texts of these indices.
std::vector<std::string> texts_of(const lone_answers& from, const std::vector<size_t>& indices);

bool has_ended(const v1::Job& job);

} // namespace weft::test
