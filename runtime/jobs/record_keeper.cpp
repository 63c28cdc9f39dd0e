#include "runtime/jobs/record_keeper.hpp"

#include <algorithm>
#include <chrono>

namespace weft {
namespace {

constexpr auto write_again_after = std::chrono::seconds{5}; // a disk that is full is not emptied faster
constexpr size_t headers_again_max = 1'024;                 // of one batch: about 300 kB

} // namespace

void record_keeper::keep(std::vector<job_header> headers, std::vector<segment_record> segments, kept done) {
  if (!has_room_for(segments))
    return state_.desk.later([done = std::move(done)] {
      done(failure{errc::storage_full, "this node keeps as many segments of jobs as it may"});
    });
  draft out{.ticket = last_ticket_ + 1};
  for (const auto& header : headers)
    add(header, out);
  for (auto& segment : segments)
    add(std::move(segment), out);

  const auto waiter = std::make_shared<join>(join{.done = std::move(done)});
  if (!out.to_log.empty()) {
    last_ticket_ = out.ticket;
    batches_.emplace(out.ticket, std::move(out.notes));
    out.waits_for.push_back(out.ticket);
    state_.desk.write_log(std::move(out.to_log), [this, ticket = out.ticket](status s) { written(ticket, s); });
  }
  std::ranges::sort(out.waits_for);
  out.waits_for.erase(std::unique(out.waits_for.begin(), out.waits_for.end()), out.waits_for.end());
  if (out.waits_for.empty())
    return state_.desk.later([waiter] { waiter->done(ok); });
  waiter->waits = out.waits_for.size();
  for (const auto ticket : out.waits_for)
    batches_.at(ticket).waiting.push_back(waiter);
}

bool record_keeper::has_room_for(const std::vector<segment_record>& segments) const {
  return state_.segments.size() + writing_.size() + segments.size() <= state_.options.segments_max ||
         std::ranges::all_of(segments, [&](const auto& s) { return state_.segments.find(s.meta.id) != nullptr; });
}

void record_keeper::add(const job_header& header, draft& out) {
  // A tombstone that would be forgotten at once: who still tells it is late.
  const bool is_over =
      header.state == job_state::removed && forgotten_at(header, state_.options.tombstone) <= state_.now.wall;
  if (is_over && !state_.headers.find(header.id))
    return;
  const auto merged = state_.headers.put(header, state_.now.steady);
  auto& job = *state_.headers.find(header.id);
  if (merged.removed)
    state_.segments.erase(header.id);
  if (job.version_synced < job.version && job.version_writing < job.version) {
    job.version_writing = job.version;
    out.to_log.headers.push_back(job.header);
    if (job.header.state == job_state::removed)
      out.to_log.removed.push_back(header.id);
    out.notes.headers.emplace_back(header.id, job.version);
  } else if (job.version_synced < job.version) {
    for (const auto& [ticket, under_way] : batches_)
      if (std::ranges::find(under_way.headers, std::pair{header.id, job.version}) != under_way.headers.end())
        out.waits_for.push_back(ticket);
  }
  if (merged.changed)
    listener_.on_header(job.header);
}

void record_keeper::add(segment_record&& segment, draft& out) {
  const auto& meta = segment.meta;
  const auto* job = state_.headers.find(meta.id.job);
  if (job && job->header.state == job_state::removed)
    return;
  const auto* known = state_.segments.find(meta.id);
  const auto under_way = writing_.find(meta.id);
  const auto* best = known;
  if (under_way != writing_.end() && (!known || supersedes(under_way->second.best, *known)))
    best = &under_way->second.best;
  if (best && best->stage == segment_stage::results && meta.stage == segment_stage::results &&
      best->hash != meta.hash && !is_attached(meta.id.index)) // its forms follow each other
    listener_.on_late(meta.id);
  if (best && !supersedes(meta, *best)) {
    if (under_way != writing_.end() && under_way->second.ticket != out.ticket)
      out.waits_for.push_back(under_way->second.ticket);
    return;
  }
  auto& flight = writing_[meta.id];
  flight.best = meta;
  flight.ticket = out.ticket;
  ++flight.writes;
  bytes_writing_ += meta.bytes;
  out.notes.segments.push_back(meta);
  out.to_log.segments.push_back(std::move(segment));
}

void record_keeper::written(uint64_t ticket, const status& outcome) {
  auto node = batches_.extract(ticket);
  const auto& notes = node.mapped();
  for (const auto& [id, version] : notes.headers) {
    auto* job = state_.headers.find(id);
    if (!job)
      continue;
    if (outcome)
      job->version_synced = std::max(job->version_synced, version);
    else if (job->version_writing == version)
      job->version_writing = job->version_synced; // whoever brings it next writes it
    if (!outcome && !std::exchange(writes_again_, true))
      state_.desk.at(state_.now.steady + write_again_after, [this] { write_again(); });
  }
  for (const auto& meta : notes.segments)
    landed(meta, ticket, static_cast<bool>(outcome));
  for (const auto& waiter : notes.waiting) {
    if (!outcome)
      waiter->outcome = outcome;
    if (--waiter->waits == 0)
      waiter->done(waiter->outcome);
  }
}

void record_keeper::landed(const segment_meta& meta, uint64_t ticket, bool synced) {
  bytes_writing_ -= meta.bytes;
  const auto flight = writing_.find(meta.id);
  if (--flight->second.writes == 0)
    writing_.erase(flight);
  else if (flight->second.ticket == ticket && !synced)
    // The better one failed while a lesser one is under way still: what is written next is compared with the table.
    flight->second.best = segment_meta{.id = meta.id, .hash = UINT64_MAX};
  const auto* job = state_.headers.find(meta.id.job);
  if (!synced || (job && job->header.state == job_state::removed))
    return;
  if (state_.segments.put(meta))
    listener_.on_segment(meta);
}

void record_keeper::drop(const std::vector<segment_id>& ids) {
  job_log_batch out;
  for (const auto id : ids)
    if (!writing_.contains(id) && state_.segments.erase(id))
      out.dropped.push_back(id);
  if (!out.empty()) // when it fails, the next start of the node finds them again, and drops them again
    state_.desk.write_log(std::move(out), [](const status&) {});
}

void record_keeper::write_again() {
  writes_again_ = false;
  std::vector<job_header> headers;
  for (const auto& [id, job] : state_.headers.all())
    if (job.version_synced < job.version && job.version_writing < job.version && headers.size() < headers_again_max)
      headers.push_back(job.header);
  if (!headers.empty())
    keep(std::move(headers), {}, [](const status&) {});
}

void record_keeper::forget(job_id id) {
  state_.segments.erase(id);
  state_.headers.erase(id);
  job_log_batch out;
  out.forgotten.push_back(id);
  state_.desk.write_log(std::move(out), [](const status&) {});
}

} // namespace weft
