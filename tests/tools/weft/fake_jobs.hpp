#pragma once

#include "weft/v1/job.grpc.pb.h"

#include <grpcpp/server.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace weft::test {

/// The jobs that several fake nodes of one cluster know.
struct job_board {
  struct entry {
    v1::Job job;
    v1::JobOpening opening;
    std::vector<std::string> texts; ///< durable ones
  };
  std::mutex mutex;                  // guards the rest
  std::map<std::string, entry> jobs; ///< by id
  uint64_t streams = 0;
};

struct fake_jobs_options {
  std::optional<uint64_t> lost_after{}; ///< a submission ends with UNAVAILABLE when so many items are durable, once
  std::optional<uint64_t> forgets{};    ///< says at the opening that so many items less are durable
  std::optional<uint64_t> cut_after{};  ///< results end with UNAVAILABLE after so many items, once
  bool refuses = false;                 ///< NO_QUORUM for every submission
  bool endless = false;                 ///< no submission is completed, and a watch tells of half the job for ever
  bool waits = false;                   ///< results do not end: after those that are there come messages without items
  bool cuts_outcome = false;            ///< an outcome ends with UNAVAILABLE after its first message, once
  bool fails_corpus = false;            ///< no corpus has a result
};

/// A node that implements weft.v1.JobService, in this process on a free port. A job is done when it is complete; its id
/// is "job-" and its request id. A text's vector is fake_node::fake_vector(); "FAIL" fails, and "NONE" has no result at
/// all, as where a job was cancelled. A job that compresses gives what fake_compressor makes of its texts, a corpus job
/// what fake_corpus finds in them.
class fake_jobs final : v1::JobService::Service {
public:
  explicit fake_jobs(std::shared_ptr<job_board> board = std::make_shared<job_board>(), fake_jobs_options options = {});
  ~fake_jobs() override;

  const std::string& endpoint() const { return endpoint_; }
  job_board::entry at(const std::string& id) const;
  uint64_t streams() const;
  void put(const v1::Job& job);

private:
  using submit_stream = grpc::ServerReaderWriter<v1::JobServiceSubmitResponse, v1::JobServiceSubmitRequest>;
  grpc::Status Submit(grpc::ServerContext* context, submit_stream* stream) override;
  grpc::Status Get(grpc::ServerContext* context, const v1::JobServiceGetRequest* in,
                   v1::JobServiceGetResponse* out) override;
  grpc::Status List(grpc::ServerContext* context, const v1::JobServiceListRequest* in,
                    v1::JobServiceListResponse* out) override;
  grpc::Status Watch(grpc::ServerContext* context, const v1::JobServiceWatchRequest* in,
                     grpc::ServerWriter<v1::JobServiceWatchResponse>* stream) override;
  grpc::Status Results(grpc::ServerContext* context, const v1::JobServiceResultsRequest* in,
                       grpc::ServerWriter<v1::JobServiceResultsResponse>* stream) override;
  grpc::Status Cancel(grpc::ServerContext* context, const v1::JobServiceCancelRequest* in,
                      v1::JobServiceCancelResponse* out) override;
  grpc::Status Corpus(grpc::ServerContext* context, const v1::JobServiceCorpusRequest* in,
                      grpc::ServerWriter<v1::JobServiceCorpusResponse>* stream) override;
  grpc::Status RankCorpus(grpc::ServerContext* context, const v1::JobServiceRankCorpusRequest* in,
                          v1::JobServiceRankCorpusResponse* out) override;

  v1::Job open(const v1::JobOpening& opening);
  std::optional<v1::Job> find(const std::string& id) const;

  const std::shared_ptr<job_board> board_;
  fake_jobs_options options_;
  std::string endpoint_;
  std::unique_ptr<grpc::Server> server_;
};

} // namespace weft::test
