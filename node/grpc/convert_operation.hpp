#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/job_door.hpp"
#include "weft/v1/job.pb.h"

// What a job does with its texts, as messages and as the jobs' own options. Pure and thread-safe.

namespace weft {

/// Fills in `options` and `corpus` of the opening. Fails with errc::invalid_argument, naming the field, or as
/// read_compress_options() does.
status read_operation(const v1::JobOpening& in, job_opening& out);

/// Options that are of a later release are left out.
void write_operation(const job_status& from, v1::Job& to);

} // namespace weft
