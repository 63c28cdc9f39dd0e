#include "runtime/jobs/reader_core.hpp"

#include "runtime/job/record_codec.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace weft {
namespace {

using namespace std::chrono_literals;

constexpr uint32_t range_segments = 256; // metas of one answer: about 25 kB
constexpr std::chrono::milliseconds pause_min = 50ms;
constexpr std::chrono::milliseconds pause_max = 1'000ms;

/// Without the outcomes before this item.
segment_results from_item(segment_results results, uint64_t first_item, uint64_t from) {
  if (from > first_item) {
    const auto count = std::min<uint64_t>(from - first_item, results.items.size());
    results.items.erase(results.items.begin(), results.items.begin() + static_cast<std::ptrdiff_t>(count));
    if (!results.texts.empty())
      results.texts.erase(results.texts.begin(), results.texts.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return results;
}

} // namespace

reader_core::reader* reader_core::find(uint64_t number) {
  const auto found = readers_.find(number);
  return found == readers_.end() ? nullptr : &found->second;
}

void reader_core::read(uint64_t number, const job_question& which, uint64_t from) {
  if (readers_.size() >= state_.options.readers_max)
    return state_.desk.want(reader_ended{number, failure{errc::overloaded, "this node has as many readers as it may"}});
  if (const auto job = state_.headers.look(which); !job)
    return state_.desk.want(reader_ended{number, job.error()});
  // No segment has more than segment_items_max items, so the one that is looked for is not before this one.
  const auto cursor = static_cast<uint32_t>(std::min<uint64_t>(from / segment_items_max, UINT32_MAX));
  readers_[number] = {.which = which, .from = from, .cursor = cursor, .pause = pause_min};
}

void reader_core::read_next(uint64_t number) {
  auto* it = find(number);
  if (!it || it->wants)
    return;
  it->wants = true;
  step(number);
}

void reader_core::step(uint64_t number) {
  auto& it = readers_.at(number);
  if (!it.wants || it.busy)
    return;
  const auto job = state_.headers.look(it.which);
  if (!job)
    return end(number, job.error());
  const auto& header = (*job)->header;
  const bool is_done = header.state == job_state::done || header.state == job_state::done_with_failures;
  if (is_done && it.from >= header.items_total.value_or(0))
    return end(number, ok);
  const auto* own = state_.segments.find({it.which.id, it.cursor});
  while (own && skips(it, *own))
    own = state_.segments.find({it.which.id, it.cursor});
  if (header.segments_total && it.cursor >= *header.segments_total) {
    if (is_end(header.state))
      end(number, ok);
    return; // else its end is near, and header_changed() tells of it
  }
  if (const auto known = it.holders.find(it.cursor); known != it.holders.end())
    return fetch(number, it, known->second);
  if (own && own->stage == segment_stage::results)
    return fetch(number, it, {state_.self});
  survey(number, it);
}

/// Whether the segment is before the item that is asked for; then the cursor goes on, as far as is certain.
bool reader_core::skips(reader& it, const segment_meta& meta) const {
  const auto end = meta.first_item + meta.items;
  if (end > it.from)
    return false;
  it.cursor = meta.id.index + 1 + static_cast<uint32_t>((it.from - end) / segment_items_max);
  return true;
}

void reader_core::survey(uint64_t number, reader& it) {
  it.busy = true;
  survey_members(state_, it.which.id, it.cursor, range_segments,
                 [this, number](const job_surveyed_by_all& answers) { surveyed(number, answers); });
}

void reader_core::surveyed(uint64_t number, const job_surveyed_by_all& answers) {
  auto* it = find(number);
  if (!it)
    return;
  it->busy = false;
  it->holders.clear();
  for (const auto& [index, segment] : answers.segments)
    if (!segment.finished.empty())
      it->holders.emplace(index, segment.finished);
  const auto at_cursor = answers.segments.find(it->cursor);
  if (at_cursor != answers.segments.end() && skips(*it, at_cursor->second.best)) {
    // Those of this range that are certainly before, too, so that large texts cost a survey a range, not one each.
    for (auto next = answers.segments.find(it->cursor); next != answers.segments.end() && skips(*it, next->second.best);
         next = answers.segments.find(it->cursor)) {
    }
    return step(number);
  }
  if (it->holders.contains(it->cursor))
    return step(number);
  nothing_there(number, *it, answers);
}

/// Nobody who answered has results of the segment at the cursor.
void reader_core::nothing_there(uint64_t number, reader& it, const job_surveyed_by_all& answers) {
  const auto* job = state_.headers.find(it.which.id);
  if (!job)
    return end(number, failure{errc::unknown_job, "the job is not known any more"});
  const auto state = job->header.state;
  if (state == job_state::cancelled || state == job_state::expired) {
    if (const auto later = it.holders.upper_bound(it.cursor); later != it.holders.end())
      it.cursor = later->first;
    else if (answers.next)
      it.cursor = std::max(*answers.next, it.cursor + 1);
    else
      return end(number, ok);
    return step(number);
  }
  if (is_end(state)) { // done: somebody has it, and may be back in a moment
    if (!it.missing_since)
      it.missing_since = state_.now.steady;
    if (state_.now.steady - *it.missing_since >= state_.options.open_within)
      return end(number, failure{errc::unavailable, "no node that is there has the results of segment " +
                                                        std::to_string(it.cursor) + " of the job"});
  }
  look_again(number, it);
}

void reader_core::look_again(uint64_t number, reader& it) {
  it.wake = ++last_wake_;
  state_.desk.at(state_.now.steady + it.pause, [this, number, wake = it.wake] {
    auto* waiting = find(number);
    if (waiting && waiting->wake == wake)
      step(number);
  });
  it.pause = std::min(it.pause * 2, pause_max);
}

void reader_core::fetch(uint64_t number, reader& it, std::vector<node_id> nodes) {
  it.busy = true;
  find_record(state_, {{it.which.id, it.cursor}, segment_stage::results, std::move(nodes), damaged_},
              [this, number](result<segment_record> record) { fetched(number, std::move(record)); });
}

void reader_core::fetched(uint64_t number, result<segment_record> record) {
  auto* it = find(number);
  if (!it)
    return;
  it->busy = false;
  auto results = record ? decode_results(*record->body) : result<segment_results>{record.error()};
  if (results && record->meta.items == results->items.size())
    return give(number, *it, record->meta, std::move(*results));
  // Gone or damaged there: whoever else has it is found by asking all, after a moment.
  if (it->holders.erase(it->cursor) > 0)
    return look_again(number, *it);
  survey(number, *it);
}

void reader_core::give(uint64_t number, reader& it, const segment_meta& meta, segment_results results) {
  if (skips(it, meta))
    return step(number);
  const auto* job = state_.headers.find(it.which.id);
  const bool was_cut = job && (job->header.state == job_state::cancelled || job->header.state == job_state::expired);
  if (meta.first_item > it.from && !was_cut) // better no answer than one that leaves items out
    return end(number,
               failure{errc::state_damaged, "items " + std::to_string(it.from) + " to " +
                                                std::to_string(meta.first_item - 1) + " of the job are missing"});
  const auto first = std::max(it.from, meta.first_item);
  auto page = std::make_shared<const segment_results>(from_item(std::move(results), meta.first_item, first));
  it.holders.erase(it.cursor);
  it.cursor = meta.id.index + 1;
  it.from = meta.first_item + meta.items;
  it.pause = pause_min;
  it.missing_since.reset();
  it.wants = false;
  state_.desk.want(reader_given{number, {first, std::move(page), first == meta.first_item}});
}

void reader_core::segment_finished(segment_id id) {
  std::vector<uint64_t> waiting;
  for (const auto& [number, it] : readers_)
    if (it.which.id == id.job && it.cursor == id.index && it.wants && !it.busy)
      waiting.push_back(number);
  for (const auto number : waiting)
    step(number);
}

void reader_core::header_changed(const job_header& header) {
  if (!is_end(header.state))
    return;
  std::vector<uint64_t> waiting;
  for (const auto& [number, it] : readers_)
    if (it.which.id == header.id && it.wants && !it.busy)
      waiting.push_back(number);
  for (const auto number : waiting)
    step(number);
}

void reader_core::end(uint64_t number, status outcome) {
  readers_.erase(number);
  state_.desk.want(reader_ended{number, std::move(outcome)});
}

} // namespace weft
