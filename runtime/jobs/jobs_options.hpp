#pragma once

#include "runtime/corpus_job/corpus_job_options.hpp"
#include "runtime/job/job_header.hpp"
#include "runtime/job/job_segment.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace weft {

/// How a node keeps jobs.
struct jobs_options {
  std::string region;
  job_durability durability; ///< of jobs that ask for nothing else
  bool single_node = false;  ///< the configuration says so: one copy is enough, and the reply says it

  std::vector<std::string> models; ///< that this node can run; the first is the default

  uint64_t items_max = 10'000'000; ///< of a job
  uint64_t text_bytes_max = 1 << 20;
  uint32_t jobs_max = 10'000;        ///< kept; ten times as many with tombstones
  uint32_t segments_max = 1'000'000; ///< kept by this node
  uint32_t submissions_max = 256;    ///< under way through this node
  uint32_t readers_max = 256;
  uint32_t watches_max = 1'024;
  uint32_t asks_max = 1'024; ///< unanswered, to other nodes
  uint32_t runs_max = 4;     ///< segments that this node runs at once: enough to keep its workers busy

  std::chrono::hours retention{24};                ///< of results, where the job says nothing else
  std::chrono::milliseconds retention_min{60'000}; ///< tombstones outlive jobs, so jobs must not come and go too fast
  std::chrono::hours retention_max{24 * 30};
  std::chrono::hours expires_in{24 * 7}; ///< as retention
  std::chrono::hours tombstone{24};      ///< how long a removed job's header is kept, so that no node brings it back

  std::chrono::milliseconds keep_within{2'000}; ///< for a copy; then another node is asked (a stand-in)
  std::chrono::milliseconds fetch_within{2'000};
  std::chrono::milliseconds try_within{60'000};
  std::chrono::milliseconds open_within{10'000};   ///< for a quorum; then the submission ends with errc::no_quorum
  std::chrono::milliseconds header_period{1'000};  ///< progress of a job that goes on is told to all nodes this often
  std::chrono::milliseconds repair_after{1'000};   ///< a change of members
  std::chrono::milliseconds compare_period{5'000}; ///< of headers, with one other node
  std::chrono::minutes repair_period{10};          ///< of segments, with every other node

  corpus_job_options corpus_leading; ///< how this node leads corpus jobs
  corpus_member_options corpus_part; ///< and takes part
  /// Of searches of this node's shares that wait or run, as other nodes sent them; one alone may be larger.
  uint64_t corpus_search_bytes_max = 64ULL << 20;
  uint32_t corpus_questions_max = 64; ///< of clients, about outcomes and searches, each; as many shares to search
  std::chrono::milliseconds corpus_search_within{60'000}; ///< the first loads the vectors: 2 GB a node take seconds
};

} // namespace weft
