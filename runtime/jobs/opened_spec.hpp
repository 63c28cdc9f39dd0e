#pragma once

#include "runtime/base/result.hpp"
#include "runtime/jobs/jobs_options.hpp"
#include "runtime/ports/job_door.hpp"

namespace weft {

/// The spec of a new job, all defaults filled in. Errors: errc::invalid_argument (request id, durability, times,
/// corpus), unknown_model, model_loading (a corpus, and no class).
result<job_spec> spec_of(const job_opening& opening, const jobs_options& options, wall_time now);

} // namespace weft
