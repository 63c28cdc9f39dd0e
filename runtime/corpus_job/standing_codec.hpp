#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/job_id.hpp"
#include "runtime/ports/job_door.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace weft {

/// How far is this corpus job? Asked of the node that leads it, on the way that orders take; answered by what it knows.
std::string encode_standing_question(job_id job);
/// Nothing: it is another message.
std::optional<job_id> decode_standing_question(std::string_view bytes);

/// Nothing: it does not lead the job.
std::string encode(const std::optional<corpus_standing>& standing);
/// errc::invalid_argument: encode() would not have written it.
result<std::optional<corpus_standing>> decode_corpus_standing(std::string_view bytes);

} // namespace weft
