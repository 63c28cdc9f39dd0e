#include "actors/job_runs.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/corpus_job/corpus_terms.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

// A run that is bound to a class may need another node, whose trouble is no reason to keep other jobs from this one's
// places: after so many tries the core puts it back, and rests.
constexpr uint32_t bound_tries_max = 4;

/// The node's own state, not the texts': it passes.
bool passes(errc code) noexcept {
  return code == errc::overloaded || code == errc::model_loading || code == errc::unavailable ||
         code == errc::deadline_exceeded;
}

segment_results results_of(embed_result&& from, node_id self) {
  segment_results out{.model = std::move(from.model),
                      .model_version = std::move(from.model_version),
                      .precision = from.precision,
                      .items = {},
                      .usage = from.usage,
                      .computed_by = self};
  out.items.reserve(from.items.size());
  for (auto& item : from.items)
    out.items.push_back({.value = std::move(item), .code = errc::none, .message = {}});
  return out;
}

} // namespace

void job_runs::start(const run_texts& what) {
  WEFT_ASSERT(!what.items.empty());
  auto& it = runs_[what.run];
  it = {.work = what.work,
        .items = what.items,
        .is_try = what.is_try,
        .is_bound = false,
        .call = nullptr,
        .tries = 0,
        .again_at = {}};
  submit(what.run, it);
}

void job_runs::submit(uint64_t run, under_way& it) {
  const auto& spec = it.work->spec;
  const auto precision = class_of(spec);
  it.is_bound = precision.has_value();
  context with{.request_id = spec.request_id,
               .tenant = spec.tenant,
               .caller = role::client,
               .priority = priority::batch, // whatever the job's own: interactive calls go first
               .deadline = time_point::max(),
               .traceparent = {}};
  embed_request request{.model = spec.model, .texts = {}, .options = spec.options, .precision = precision};
  request.texts.reserve(it.items.size());
  for (auto index : it.items)
    request.texts.push_back(it.work->texts[index]);
  ++it.tries;
  it.call = make_(run, std::move(with), std::move(request));
}

void job_runs::cancel(uint64_t run) {
  const auto found = runs_.find(run);
  if (found == runs_.end())
    return;
  if (found->second.call)
    found->second.call->cancel();
  runs_.erase(found);
}

std::optional<run_outcome> job_runs::ended(uint64_t run, result<embed_result> outcome, time_point now) {
  const auto found = runs_.find(run);
  if (found == runs_.end())
    return std::nullopt;
  auto& it = found->second;
  it.call = nullptr;
  const bool may_wait = !it.is_bound || it.tries < bound_tries_max;
  if (!outcome && !it.is_try && may_wait && passes(outcome.error().code)) {
    it.again_at = now + pause_of(it, outcome.error());
    return std::nullopt;
  }
  runs_.erase(found);
  if (!outcome)
    return run_outcome{std::move(outcome.error())};
  return run_outcome{results_of(*std::move(outcome), options_.self)};
}

std::chrono::milliseconds job_runs::pause_of(const under_way& it, const failure& why) const {
  const auto doubled = options_.retry_after * (1u << std::min(it.tries, 10u));
  return std::clamp(why.retry_after.value_or(doubled), options_.retry_after, options_.retry_after_max);
}

void job_runs::tick(time_point now) {
  for (auto& [run, it] : runs_)
    if (!it.call && it.again_at <= now)
      submit(run, it);
}

std::optional<time_point> job_runs::next_wake() const {
  std::optional<time_point> next;
  for (const auto& [run, it] : runs_)
    if (!it.call && (!next || it.again_at < *next))
      next = it.again_at;
  return next;
}

} // namespace weft
