#pragma once

#include "tools/weft/exit_code.hpp"
#include "tools/weft/output.hpp"
#include "weft/v1/job.pb.h"

#include <optional>
#include <string>

namespace weft::cli {

/// "pending", "running", "done", "done_with_failures", "cancelled", "expired", "removed", "unknown".
std::string state_name(v1::JobState state);
/// The opposite; unset for another word.
std::optional<v1::JobState> parse_job_state(const std::string& name);
tone state_tone(v1::JobState state);
bool has_ended(v1::JobState state);
/// How a command ends that waited for the job: 0 only where every item has its result.
exit_code exit_of(v1::JobState state);

/// Everything a node says of a job; keys as in job.proto, what is not set is left out. Strings are as the node sent
/// them.
json to_json(const v1::Job& job);

/// "embed", "compress" or "corpus"; of the last two their options, too: "compress (ratio 8, auto)".
std::string work_of(const v1::Job& job);
bool compresses(const v1::Job& job);

/// Done of all: "1 204/50 000"; "1 204/3 000+" while items still come.
std::string items_of(const v1::Job& job);
/// "running  1 204/50 000 items  [#-------------------]  2%  375/s  2m10s left  3 failed", at most `columns` wide.
std::string job_line(const v1::Job& job, size_t columns);
/// Several lines for a person, with their ends.
std::string job_text(const v1::Job& job, bool colour);

} // namespace weft::cli
