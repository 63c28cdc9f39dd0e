#include "runtime/jobs/repair_session.hpp"

#include "runtime/jobs/record_check.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace weft {
namespace {

bool would_change(job_header known, const job_header& news) {
  return merge(known, news);
}

} // namespace

void repair_desk::moved(uint64_t bytes, time_point now) {
  const std::chrono::duration<double> took{static_cast<double>(bytes) /
                                           static_cast<double>(std::max<uint64_t>(options.bytes_per_second, 1))};
  bytes_free_at = std::max(bytes_free_at, now) + std::chrono::duration_cast<duration>(took);
}

void repair_desk::take(std::vector<segment_record> segments) {
  repair_take taken;
  for (auto& record : segments) {
    const auto* mine = source.segment(record.meta.id);
    const auto* header = source.header(record.meta.id.job);
    if ((mine != nullptr && !supersedes(record.meta, *mine)) ||
        (header != nullptr && header->state == job_state::removed))
      continue;
    ++counters.fetched;
    counters.fetched_bytes += record.body->size();
    taken.segments.push_back(std::move(record));
  }
  if (!taken.segments.empty())
    effects.emplace_back(std::move(taken));
}

repair_session::outcome repair_session::begin(repair_desk& desk) {
  question_.from = desk.self;
  question_.header_sums = header_sums(desk.source);
  if (!headers_only_) {
    question_.view_hash = desk.view_hash;
    question_.segment_sums = shared_segment_sums(desk.source, desk.self, peer_);
  }
  ++compares_;
  return ask(desk, stage::comparing, question_);
}

repair_session::outcome repair_session::ask(repair_desk& desk, stage next, job_request request) {
  stage_ = next;
  ticket_ = ++desk.last_ticket;
  desk.effects.emplace_back(repair_ask{ticket_, peer_, std::move(request), desk.options.ask_within});
  return outcome::goes_on;
}

repair_session::outcome repair_session::answered(repair_desk& desk, result<job_answer> answer, time_point now) {
  ticket_ = 0;
  if (!answer)
    return outcome::failed;
  if (const auto* theirs = std::get_if<records_compared>(&*answer); theirs != nullptr && stage_ == stage::comparing) {
    ++desk.counters.compares;
    if (compared(desk, *theirs) == outcome::failed)
      return outcome::failed;
    return step(desk, now);
  }
  if (std::holds_alternative<records_kept>(*answer) && stage_ == stage::giving_headers)
    return step(desk, now);
  if (auto* segments = std::get_if<segments_fetched>(&*answer); segments != nullptr && stage_ == stage::fetching)
    return fetched(desk, std::move(*segments), now);
  if (const auto* theirs = std::get_if<job_surveyed>(&*answer); theirs != nullptr && stage_ == stage::surveying)
    return surveyed(desk, *theirs, now);
  if (std::holds_alternative<records_kept>(*answer) && stage_ == stage::giving)
    return given(desk, now);
  return outcome::failed; // it is no answer to what was asked
}

/// What is next, in the order of the stages.
repair_session::outcome repair_session::step(repair_desk& desk, time_point now) {
  if (!headers_.empty()) {
    keep_records gift;
    const auto count = std::min<size_t>(headers_.size(), desk.options.headers_max);
    std::move(headers_.begin(), headers_.begin() + static_cast<std::ptrdiff_t>(count),
              std::back_inserter(gift.headers));
    headers_.erase(headers_.begin(), headers_.begin() + static_cast<std::ptrdiff_t>(count));
    return ask(desk, stage::giving_headers, std::move(gift));
  }
  if (!lacking_.empty())
    return desk.may_move(now) ? fetch_some(desk) : outcome::waits;
  if (std::exchange(again_, false) && compares_ < compares_max) {
    ++compares_;
    return ask(desk, stage::comparing, question_);
  }
  if (headers_only_)
    return outcome::done;
  if (!same_view_)
    return outcome::other_view;
  if (desk.frozen)
    return outcome::done;
  if (!std::exchange(planned_, true))
    plan_handoff(desk);
  if (!surveys_.empty()) {
    const auto& next = surveys_.front();
    return ask(desk, stage::surveying, survey_job{.job = next.job, .first_segment = next.mine.begin()->first});
  }
  if (!to_give_.empty())
    return desk.may_move(now) ? give_some(desk) : outcome::waits;
  return outcome::done;
}

repair_session::outcome repair_session::compared(repair_desk& desk, const records_compared& theirs) {
  const auto beyond = [](uint32_t bucket) { return bucket >= compare_buckets; };
  if (std::ranges::any_of(theirs.header_buckets, beyond) || std::ranges::any_of(theirs.segment_buckets, beyond))
    return outcome::failed;
  again_ = !theirs.header_buckets.empty() || !theirs.segment_buckets.empty();
  note_headers(desk, theirs);
  if (headers_only_)
    return outcome::goes_on;
  same_view_ = theirs.same_view && question_.view_hash == desk.view_hash;
  if (same_view_)
    note_segments(desk, theirs);
  else
    ++desk.counters.other_views;
  return outcome::goes_on;
}

/// Takes what would change a header here, gives what would change theirs. The next question has their sums where they
/// told all, so that it is about the rest.
void repair_session::note_headers(repair_desk& desk, const records_compared& theirs) {
  std::map<job_id, const job_header*> told;
  for (const auto bucket : theirs.header_buckets)
    question_.header_sums[bucket] = 0;
  repair_take taken;
  for (const auto& header : theirs.headers) {
    told.emplace(header.id, &header);
    question_.header_sums[header_bucket(header.id)] += header_share(header);
    const auto* mine = desk.source.header(header.id);
    if (mine == nullptr || would_change(*mine, header))
      taken.headers.push_back(header);
  }
  const std::set<uint32_t> buckets(theirs.header_buckets.begin(), theirs.header_buckets.end());
  if (!buckets.empty())
    desk.source.each_header([&](const job_header& mine) {
      if (!buckets.contains(header_bucket(mine.id)))
        return;
      const auto found = told.find(mine.id);
      if (found == told.end() || would_change(*found->second, mine))
        headers_.push_back(mine);
    });
  desk.counters.headers_taken += taken.headers.size();
  if (!taken.headers.empty())
    desk.effects.emplace_back(std::move(taken));
}

/// What they lack they fetch themselves, when they compare.
void repair_session::note_segments(repair_desk& desk, const records_compared& theirs) {
  for (const auto bucket : theirs.segment_buckets)
    question_.segment_sums[bucket] = 0;
  for (const auto& segment : theirs.segments) {
    question_.segment_sums[segment_bucket(segment.id)] += segment_share(segment);
    const auto* mine = desk.source.segment(segment.id);
    const auto* header = desk.source.header(segment.id.job);
    const bool is_removed = header != nullptr && header->state == job_state::removed;
    if (is_removed || (mine != nullptr && !supersedes(segment, *mine)))
      continue;
    const auto [under_way, is_first] = desk.fetching.try_emplace(segment.id, segment);
    if (!is_first && !supersedes(segment, under_way->second)) {
      has_more_ = true; // that fetch may fail: compare again soon
      continue;
    }
    under_way->second = segment;
    lacking_.emplace_back(segment.id, segment.bytes);
  }
}

repair_session::outcome repair_session::fetch_some(repair_desk& desk) {
  uint64_t bytes = 0;
  asked_.clear();
  while (!lacking_.empty() && asked_.size() < desk.options.batch_segments) {
    bytes += lacking_.front().second;
    if (!asked_.empty() && bytes > desk.options.batch_bytes)
      break;
    asked_.push_back(lacking_.front().first);
    lacking_.pop_front();
  }
  return ask(desk, stage::fetching, fetch_segments{asked_});
}

repair_session::outcome repair_session::fetched(repair_desk& desk, segments_fetched answer, time_point now) {
  const auto count = std::min(answer.segments.size(), asked_.size());
  if (count == 0)
    return outcome::failed;
  uint64_t bytes = 0;
  std::vector<segment_record> records;
  for (size_t i = 0; i < count; ++i) {
    auto& record = answer.segments[i];
    if (!record || record->meta.id != asked_[i] || !is_sound(*record)) {
      has_more_ = true; // gone there, or damaged: somebody else may have it, or it comes back
      continue;
    }
    bytes += record->body->size();
    records.push_back(std::move(*record));
  }
  for (size_t i = 0; i < count; ++i)
    desk.fetching.erase(asked_[i]);
  for (auto left = asked_.size(); left > count; --left) // the answer was large enough
    lacking_.emplace_front(asked_[left - 1], 0);
  asked_.clear();
  desk.moved(bytes, now);
  desk.take(std::move(records));
  return step(desk, now);
}

/// What is kept here, not owned by this node, and owned by that one, as far as it is not known to have it.
void repair_session::plan_handoff(const repair_desk& desk) {
  uint32_t most = desk.options.handoff_max;
  desk.source.each_segment([&](const segment_meta& mine) {
    const auto owners = desk.source.owners(mine.id);
    if (owners.empty() || owners.contains(desk.self))
      return;
    if (most == 0) {
      has_more_ = true;
      return;
    }
    --most; // the same ones for every owner, so that they can be dropped
    if (!owners.contains(peer_) || desk.handed.confirmed(mine, peer_))
      return;
    if (surveys_.empty() || surveys_.back().job != mine.id.job)
      surveys_.push_back({mine.id.job, {}});
    surveys_.back().mine.emplace(mine.id.index, mine);
  });
}

repair_session::outcome repair_session::surveyed(repair_desk& desk, const job_surveyed& theirs, time_point now) {
  auto& asked = surveys_.front();
  std::map<uint32_t, const segment_meta*> told;
  for (const auto& segment : theirs.segments)
    told.emplace(segment.id.index, &segment);
  const auto end = theirs.next ? asked.mine.lower_bound(*theirs.next) : asked.mine.end();
  const bool is_stuck = theirs.next && end == asked.mine.begin();
  for (auto it = asked.mine.begin(); it != end; it = asked.mine.erase(it)) {
    const auto found = told.find(it->first);
    if (found != told.end() && is_as_good(*found->second, it->second))
      confirm(desk, it->second);
    else
      to_give_.emplace_back(it->second.id, it->second.bytes);
  }
  if (is_stuck)
    return outcome::failed;
  if (asked.mine.empty())
    surveys_.pop_front();
  return step(desk, now);
}

repair_session::outcome repair_session::give_some(repair_desk& desk) {
  uint64_t bytes = 0;
  std::vector<segment_id> ids;
  while (!to_give_.empty() && ids.size() < desk.options.batch_segments) {
    bytes += to_give_.front().second;
    if (!ids.empty() && bytes > desk.options.batch_bytes)
      break;
    ids.push_back(to_give_.front().first);
    to_give_.pop_front();
  }
  stage_ = stage::reading;
  ticket_ = ++desk.last_ticket;
  desk.effects.emplace_back(repair_read{ticket_, std::move(ids)});
  return outcome::goes_on;
}

repair_session::outcome
repair_session::read(repair_desk& desk, result<std::vector<std::optional<segment_record>>> records, time_point now) {
  ticket_ = 0;
  if (!records || stage_ != stage::reading)
    return outcome::failed;
  keep_records gift;
  uint64_t bytes = 0;
  giving_.clear();
  for (auto& record : *records) {
    if (!record)
      continue; // damaged, or dropped since
    bytes += record->body->size();
    giving_.push_back(record->meta);
    gift.segments.push_back(std::move(*record));
  }
  if (gift.segments.empty())
    return step(desk, now);
  desk.moved(bytes, now);
  desk.counters.given_bytes += bytes;
  return ask(desk, stage::giving, std::move(gift));
}

repair_session::outcome repair_session::given(repair_desk& desk, time_point now) {
  desk.counters.given += giving_.size();
  for (const auto& mine : std::exchange(giving_, {}))
    confirm(desk, mine);
  return step(desk, now);
}

/// Drops it once all who should have it do.
void repair_session::confirm(repair_desk& desk, const segment_meta& mine) {
  const auto* kept = desk.source.segment(mine.id);
  if (kept == nullptr)
    return;
  desk.handed.confirm(mine, peer_);
  const auto owners = desk.source.owners(mine.id);
  const auto* header = desk.source.header(mine.id.job);
  const auto synced = header != nullptr ? header->spec.durability.synced : desk.options.synced;
  if (desk.frozen || owners.contains(desk.self) || !desk.handed.may_drop(*kept, owners, synced))
    return;
  desk.handed.forget(mine.id);
  ++desk.counters.dropped;
  if (desk.effects.empty() || !std::holds_alternative<repair_drop>(desk.effects.back()))
    desk.effects.emplace_back(repair_drop{});
  std::get<repair_drop>(desk.effects.back()).ids.push_back(mine.id);
}

void repair_session::release(repair_desk& desk) {
  for (const auto& id : asked_)
    desk.fetching.erase(id);
  for (const auto& [id, bytes] : lacking_)
    desk.fetching.erase(id);
  asked_.clear();
  lacking_.clear();
}

} // namespace weft
