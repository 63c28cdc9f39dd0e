#pragma once

#include "runtime/corpus_job/corpus_job_core.hpp"
#include "runtime/jobs/attached_census.hpp"
#include "runtime/jobs/jobs_state.hpp"
#include "runtime/jobs/record_keeper.hpp"

#include <functional>

namespace weft {

struct found_corpus {
  corpus_survey survey;
  attached_census attached;
};

/// Asks all live members, range by range, what they keep of a corpus job: the results of its segments, each in its best
/// form with those who have this form, and what is attached. Who does not answer keeps nothing. `done` is called once,
/// never before this returns. Errors: errc::unknown_job (meanwhile).
void find_corpus(jobs_state& state, record_keeper& keeper, job_id job, std::function<void(result<found_corpus>)> done);

} // namespace weft
