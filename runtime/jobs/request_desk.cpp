#include "runtime/jobs/request_desk.hpp"

#include "runtime/jobs/record_check.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace weft {
namespace {

/// Of bodies on their way to the log: who brings more waits a moment, and its nodes stand in.
constexpr uint64_t bytes_writing_max = 128 << 20;
/// Of bodies in one answer; one may pass it alone. Below gRPC's usual 4 MiB.
constexpr uint64_t answer_bytes = 2 << 20;
constexpr size_t fetched_max = 256;
constexpr uint32_t surveyed_max = 16'384;

} // namespace

void request_desk::keep(uint64_t exchange, keep_records request) {
  if (!std::ranges::all_of(request.segments, is_sound))
    return answer(exchange, failure{errc::invalid_argument, "a segment's body is not the one that its hash is of"});
  if (keeper_.bytes_writing() > bytes_writing_max)
    return answer(exchange, failure{errc::overloaded, "this node writes as many records of jobs as it may"});
  keeper_.keep(std::move(request.headers), std::move(request.segments), [this, exchange](const status& outcome) {
    if (outcome)
      answer(exchange, job_answer{records_kept{}});
    else
      answer(exchange, outcome.error());
  });
}

void request_desk::fetch(uint64_t exchange, fetch_segments request) {
  if (request.ids.size() > fetched_max)
    request.ids.resize(fetched_max);
  uint64_t bytes = 0;
  size_t count = 0;
  for (const auto& id : request.ids) {
    const auto* kept = state_.segments.find(id);
    bytes += kept ? kept->bytes : 0;
    if (count > 0 && bytes > answer_bytes)
      break;
    ++count;
  }
  request.ids.resize(count);
  auto ids = request.ids;
  state_.desk.read_log(std::move(ids), [this, exchange, asked = std::move(request.ids)](
                                           result<std::vector<std::optional<segment_record>>> read) {
    if (!read)
      return answer(exchange, std::move(read.error()));
    for (size_t i = 0; i < asked.size() && i < read->size(); ++i)
      if (!(*read)[i] && state_.segments.find(asked[i]))
        damaged_(asked[i]);
    answer(exchange, job_answer{segments_fetched{std::move(*read)}});
  });
}

void request_desk::survey(uint64_t exchange, const survey_job& request) {
  job_surveyed out;
  if (const auto* job = state_.headers.find(request.job))
    out.header = job->header;
  std::tie(out.segments, out.next) =
      state_.segments.survey(request.job, request.first_segment, std::clamp(request.segments_max, 1u, surveyed_max));
  answer(exchange, job_answer{std::move(out)});
}

} // namespace weft
