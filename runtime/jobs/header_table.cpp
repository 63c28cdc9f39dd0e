#include "runtime/jobs/header_table.hpp"

#include "runtime/corpus_job/corpus_terms.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

namespace weft {
namespace {

using namespace std::chrono_literals;

/// The weight of what was seen `span` ago falls to 1/e in this time: long enough to smooth segments of 256 items, short
/// enough to see a node go.
constexpr double rate_memory_seconds = 10;

/// Where a job is in a list: the latest first.
struct list_place {
  wall_time created{};
  job_id id;
  bool operator<(const list_place& other) const noexcept {
    return std::tie(other.created, other.id) < std::tie(created, id);
  }
};

list_place place_of(const job_header& header) {
  return {header.spec.created, header.id};
}

std::string token_of(const job_header& header) {
  return std::to_string(header.spec.created.time_since_epoch().count()) + "-" + to_text(header.id);
}

std::optional<list_place> parse_token(std::string_view text) {
  int64_t created = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), created);
  const auto used = static_cast<size_t>(end - text.data());
  if (code != std::errc{} || used >= text.size() || *end != '-')
    return std::nullopt;
  const auto id = parse_job_id(text.substr(used + 1));
  if (!id)
    return std::nullopt;
  return list_place{wall_time{std::chrono::milliseconds{created}}, *id};
}

bool passes(const job_filter& filter, const job_header& header) {
  if (!filter.all_tenants && header.spec.tenant != filter.tenant)
    return false;
  if (filter.states.empty())
    return header.state != job_state::removed;
  return std::ranges::find(filter.states, header.state) != filter.states.end();
}

constexpr uint32_t page_max = 1'000;

} // namespace

const header_table::entry* header_table::find(job_id id) const {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second;
}

header_table::entry* header_table::find(job_id id) {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second;
}

header_table::merged_header header_table::put(const job_header& header, time_point now) {
  const auto [at, added] = jobs_.try_emplace(header.id, entry{.header = header});
  auto& job = at->second;
  if (added) {
    ++counts_[static_cast<size_t>(header.state)];
    measure(job, now);
    return {.changed = true, .removed = header.state == job_state::removed};
  }
  const auto before = job.header.state;
  if (!merge(job.header, header))
    return {};
  ++job.version;
  --counts_[static_cast<size_t>(before)];
  ++counts_[static_cast<size_t>(job.header.state)];
  measure(job, now);
  return {.changed = true, .removed = before != job_state::removed && job.header.state == job_state::removed};
}

void header_table::erase(job_id id) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end())
    return;
  --counts_[static_cast<size_t>(found->second.header.state)];
  jobs_.erase(found);
}

/// An exponential mean over the times between changes of the count.
void header_table::measure(entry& job, time_point now) {
  const auto done = job.header.progress.items_done;
  if (!job.then) {
    job.then = now;
    job.items_done_then = done;
    return;
  }
  const double seconds = std::chrono::duration<double>(now - *job.then).count();
  if (done <= job.items_done_then || seconds < 0.05)
    return;
  const double rate = static_cast<double>(done - job.items_done_then) / seconds;
  const double share = job.items_per_second > 0 ? std::min(1.0, seconds / rate_memory_seconds) : 1.0;
  job.items_per_second += (rate - job.items_per_second) * share;
  job.then = now;
  job.items_done_then = done;
}

job_status header_table::status_of(const entry& job) const {
  job_status out{.header = job.header};
  if (is_end(job.header.state))
    return out;
  out.items_per_second = job.items_per_second;
  const auto& progress = job.header.progress;
  if (job.header.items_total && job.items_per_second > 0) {
    const auto left = *job.header.items_total - std::min(*job.header.items_total, progress.items_done);
    const double seconds = static_cast<double>(left) / job.items_per_second;
    out.time_left = std::chrono::milliseconds{static_cast<int64_t>(std::min(seconds, 1e9) * 1'000)};
  }
  return out;
}

result<const header_table::entry*> header_table::look(const job_question& question) const {
  const auto* job = find(question.id);
  if (!job || (!question.all_tenants && job->header.spec.tenant != question.tenant))
    return failure{errc::unknown_job, "there is no job " + to_text(question.id)};
  if (job->header.state == job_state::removed)
    return failure{errc::job_removed, "the results of job " + to_text(question.id) + " are gone"};
  return job;
}

result<job_page> header_table::list(const job_filter& filter) const {
  std::optional<list_place> after;
  if (!filter.after.empty() && !(after = parse_token(filter.after)))
    return failure{errc::invalid_argument, "the page token is not one that List gave"};
  std::vector<const entry*> found;
  for (const auto& [id, job] : jobs_)
    if (passes(filter, job.header) && (!after || *after < place_of(job.header)))
      found.push_back(&job);
  const auto count = std::min<size_t>(found.size(), std::clamp(filter.jobs_max, 1u, page_max));
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end(),
                    [](const entry* a, const entry* b) { return place_of(a->header) < place_of(b->header); });
  job_page out;
  for (size_t i = 0; i < count; ++i)
    out.jobs.push_back(status_of(*found[i]));
  if (count < found.size())
    out.next = token_of(found[count - 1]->header);
  return out;
}

wall_time removed_at(const job_header& header) noexcept {
  return header.ended ? *header.ended + header.spec.retention : wall_time::max();
}

wall_time forgotten_at(const job_header& header, std::chrono::milliseconds tombstone) noexcept {
  return header.ended ? removed_at(header) + tombstone : wall_time::max();
}

bool asks_the_same(const job_spec& a, const job_spec& b) {
  return a.operation == b.operation && a.model == b.model && a.options == b.options && ask_the_same(a.corpus, b.corpus);
}

} // namespace weft
