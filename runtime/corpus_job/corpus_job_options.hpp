#pragma once

#include "runtime/ports/collective.hpp"

#include <chrono>
#include <cstdint>

namespace weft {

/// How a coordinator leads a corpus job. Together with answer_within a beat bounds how late it knows what a node says.
struct corpus_job_options {
  uint32_t ranks_max = collective_ranks_max;

  std::chrono::milliseconds beat{250};             ///< between a node's answer and the next order to it
  std::chrono::milliseconds answer_within{2'000};  ///< then the order is given again
  std::chrono::milliseconds survey_within{30'000}; ///< as answer_within, of who has what: 16 rounds of 65 536 segments
  std::chrono::milliseconds prepare_within{3'000}; ///< for all nodes; then a majority is enough
  std::chrono::milliseconds silence_max{10'000};   ///< of a rank; then the epoch is over
  std::chrono::milliseconds load_within{600'000};  ///< 4 Mi vectors of 384 numbers are 6 GB
  std::chrono::milliseconds stall_max{300'000};    ///< without a step, beside longest_step()
  std::chrono::milliseconds checkpoint_period{5'000};
  std::chrono::milliseconds pause_min{500}; ///< before the second try in a row; doubles up to pause_max
  std::chrono::milliseconds pause_max{30'000};
  std::chrono::milliseconds end_within{5'000}; ///< for telling nodes that it is over; then they find out

  uint32_t faults_max = 4;      ///< tries without a step that end with a fault of the work; then the job fails
  uint32_t breaks_max = 1'000;  ///< and those that end, after ranks ran, as nodes or ways between them fail
  uint32_t waits_max = 4;       ///< breaks in a row before ranks ran; then nodes forget their vectors until it goes on
  uint32_t keep_tries_max = 16; ///< to keep the outcome, by one rank after the other
};

/// How a node takes part.
struct corpus_member_options {
  uint32_t corpora_max = 4;                        ///< at once: their vectors are in memory
  uint32_t promises_max = 4'096;                   ///< corpora of which it has no vectors, 200 bytes each
  std::chrono::milliseconds orphan_after{120'000}; ///< without an order: nobody leads it any more
};

} // namespace weft
