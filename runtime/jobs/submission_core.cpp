#include "runtime/jobs/submission_core.hpp"

#include "runtime/corpus/corpus_shard.hpp"
#include "runtime/corpus_job/corpus_terms.hpp"
#include "runtime/job/record_codec.hpp"
#include "runtime/jobs/opened_spec.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace weft {
namespace {

failure another_spec(job_id id) {
  return {errc::invalid_argument,
          "job " + to_text(id) + " has this request id, and another model or other options: take another request id"};
}

/// What a submission hears of a job that has ended otherwise.
failure ended_early(const job_header& header) {
  const auto text = "job " + to_text(header.id);
  if (header.state == job_state::cancelled)
    return {errc::cancelled, text + " was cancelled"};
  if (header.state == job_state::expired)
    return {errc::cancelled, text + " has expired"}; // not the client's deadline
  return {errc::job_removed, "the results of " + text + " are gone"};
}

} // namespace

submission_core::intake* submission_core::find(uint64_t number) {
  const auto found = intakes_.find(number);
  return found == intakes_.end() ? nullptr : &found->second;
}

uint64_t submission_core::bytes_waiting() const noexcept {
  return std::accumulate(intakes_.begin(), intakes_.end(), uint64_t{0},
                         [](uint64_t sum, const auto& it) { return sum + it.second.bytes_waiting; });
}

void submission_core::refuse(uint64_t number, failure why) {
  ++refused_;
  state_.desk.want(submission_ended{number, std::move(why)});
}

void submission_core::open(uint64_t number, job_opening opening) {
  if (draining_)
    return refuse(number, {errc::draining, "the node takes no new submissions"});
  // A retry goes on in the class that its job has, whether or not the model is open here now.
  if (const auto* before = state_.headers.find(job_id_of(opening.tenant, opening.request_id)))
    if (const auto its = class_of(before->header.spec))
      opening.precision = its;
  auto spec = spec_of(opening, state_.options, state_.now.wall);
  if (!spec)
    return refuse(number, std::move(spec.error()));
  const auto id = job_id_of(spec->tenant, spec->request_id);
  const auto* known = state_.headers.find(id);
  if (known && !asks_the_same(known->header.spec, *spec))
    return refuse(number, another_spec(id));
  if (intakes_.size() >= state_.options.submissions_max)
    return refuse(number, {errc::overloaded,
                           "this node has as many submissions under way as it may",
                           {},
                           std::chrono::milliseconds{1'000}});
  const auto jobs_max = state_.options.jobs_max;
  if (!known && (state_.headers.kept() >= jobs_max || state_.headers.size() >= 10 * uint64_t{jobs_max}))
    return refuse(number, {errc::overloaded, "the cluster keeps as many jobs as it may", {}, std::chrono::minutes{1}});

  auto& it = intakes_[number];
  it.id = id;
  it.spec = known ? known->header.spec : std::move(*spec);
  if (known && known->header.state != job_state::pending)
    return confirm(number, it, [this, number](intake& safe) { opened(number, safe); });
  recover_prefix(state_, keeper_, copies_,
                 {.job = id,
                  .durability = it.spec.durability,
                  .give_up = state_.now.steady + state_.options.open_within,
                  .damaged = damaged_},
                 [this, number](result<safe_prefix> prefix) { recovered(number, std::move(prefix)); });
}

/// What this node knows of the job may be known to nobody else, and to no disk: nothing is said of it before that.
void submission_core::confirm(uint64_t number, const intake& it, std::function<void(intake&)> then) {
  copies_.secure(it.id, goal_of(it), [this, number, then = std::move(then)](const status& outcome) {
    auto* confirmed = find(number);
    if (confirmed && !outcome)
      end(number, outcome.error());
    else if (confirmed)
      then(*confirmed);
  });
}

copy_goal submission_core::goal_of(const intake& it) const {
  return {.durability = it.spec.durability, .give_up = state_.now.steady + state_.options.open_within};
}

void submission_core::recovered(uint64_t number, result<safe_prefix> prefix) {
  auto* it = find(number);
  if (!it)
    return;
  if (!prefix)
    return end(number, std::move(prefix.error()));
  it->at = phase::creating;
  it->cutter = {prefix->segments, prefix->items};
  it->items_durable = it->items_told = prefix->items;
  const auto* known = state_.headers.find(it->id);
  auto header = known ? known->header : job_header{.id = it->id, .spec = it->spec};
  if (!known)
    header.stamp = state_.stamp();
  header.progress.items_durable = std::max(header.progress.items_durable, prefix->items);
  it->spec = header.spec;
  copies_.publish(std::move(header), goal_of(*it), [this, number](const status& outcome) {
    auto* opening = find(number);
    if (opening && !outcome)
      end(number, outcome.error());
    else if (opening)
      opened(number, *opening);
  });
}

void submission_core::opened(uint64_t number, intake& it) {
  it.at = phase::open;
  const auto* job = state_.headers.find(it.id);
  if (job && job->header.state == job_state::removed)
    return end(number, ended_early(job->header));
  auto news = status_of(it);
  if (news.header.state != job_state::pending) {
    // All items are there: whoever asks again gets the job as it is, however it ended.
    it.items_durable = news.header.items_total.value_or(news.header.progress.items_durable);
    news.header.progress.items_durable = it.items_durable;
    state_.desk.want(submission_opened{number, news});
    return end(number, std::move(news));
  }
  state_.desk.want(submission_opened{number, std::move(news)});
  state_.desk.at(state_.now.steady + state_.options.header_period, [this, number] { tell_progress(number); });
}

job_status submission_core::status_of(const intake& it) const {
  const auto* job = state_.headers.find(it.id);
  auto out = job ? state_.headers.status_of(*job) : job_status{.header = {.id = it.id, .spec = it.spec}};
  if (out.header.state == job_state::pending)
    out.header.progress.items_durable = it.items_durable;
  return out;
}

void submission_core::append(uint64_t number, std::vector<std::string> texts) {
  auto* it = find(number);
  if (!it || it->at == phase::confirming)
    return;
  if (it->at != phase::open)
    return end(number, failure{errc::invalid_argument, "items come after the job is open, and before it is complete"});
  if (it->bytes_waiting > submission_window)
    return end(number, failure{errc::overloaded, "more than 8 MiB of items wait to become durable"});
  const auto items_max = it->spec.corpus.empty() ? state_.options.items_max
                                                 : std::min(state_.options.items_max, uint64_t{corpus_items_max});
  if (it->cutter.items() + texts.size() > items_max)
    return end(number, failure{errc::invalid_argument, "a job has at most " + std::to_string(items_max) + " items"});
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto bytes = texts[i].size();
    if (bytes > state_.options.text_bytes_max)
      return end(number,
                 failure{errc::text_too_large,
                         "item " + std::to_string(it->cutter.items() + i) + " (from 0) has " + std::to_string(bytes) +
                             " bytes, and the limit is " + std::to_string(state_.options.text_bytes_max),
                         {{"item", std::to_string(it->cutter.items() + i)}}});
    it->bytes_waiting += bytes;
  }
  for (auto& piece : it->cutter.add(std::move(texts)))
    cut(number, *it, std::move(piece));
}

void submission_core::cut(uint64_t number, intake& it, segment_cutter::cut piece) {
  auto& entry = it.under_way[piece.index];
  entry.items = static_cast<uint32_t>(piece.texts.size());
  for (const auto& text : piece.texts)
    entry.bytes += text.size();
  auto record = make_record({it.id, piece.index}, piece.first_item, segment_texts{it.spec, std::move(piece.texts)});
  record.meta.stamp = state_.stamp();
  copies_.secure(std::move(record), goal_of(it),
                 [this, number, index = piece.index](const status& outcome) { safe(number, index, outcome); });
}

void submission_core::safe(uint64_t number, uint32_t index, const status& outcome) {
  auto* it = find(number);
  if (!it)
    return;
  if (!outcome)
    return end(number, outcome.error());
  it->under_way.at(index).is_safe = true;
  const auto before = it->items_durable;
  while (!it->under_way.empty() && it->under_way.begin()->second.is_safe) {
    const auto& first = it->under_way.begin()->second;
    it->items_durable += first.items;
    it->bytes_waiting -= first.bytes;
    it->under_way.erase(it->under_way.begin());
  }
  if (it->items_durable == before)
    return;
  items_acknowledged_ += it->items_durable - before;
  state_.desk.want(submission_durable{number, it->items_durable});
  close_when_safe(number, *it);
}

void submission_core::complete(uint64_t number) {
  auto* it = find(number);
  if (!it || it->at == phase::completing || it->at == phase::closing || it->at == phase::confirming)
    return;
  if (it->at != phase::open)
    return end(number, failure{errc::invalid_argument, "the job is not open yet"});
  it->at = phase::completing;
  if (auto last = it->cutter.finish(); !last.texts.empty())
    cut(number, *it, std::move(last));
  close_when_safe(number, *it);
}

void submission_core::close_when_safe(uint64_t number, intake& it) {
  if (it.at != phase::completing || !it.under_way.empty())
    return;
  it.at = phase::closing;
  auto header = status_of(it).header;
  header.state = merged(header.state, job_state::running);
  header.items_total = it.cutter.items();
  header.segments_total = it.cutter.segments();
  header.progress.items_durable = it.items_durable;
  header.stamp = state_.stamp();
  // The header as it becomes known may end this submission: `it` is not used from here on.
  copies_.publish(std::move(header), goal_of(it), [this, number](const status& outcome) {
    auto* closing = find(number);
    if (!closing)
      return;
    if (!outcome)
      return end(number, outcome.error());
    end(number, status_of(*closing));
  });
}

/// While items come, the other nodes hear now and then how many are durable.
void submission_core::tell_progress(uint64_t number) {
  auto* it = find(number);
  if (!it || it->at == phase::closing || it->at == phase::confirming)
    return;
  if (it->items_told != it->items_durable) {
    it->items_told = it->items_durable;
    auto header = status_of(*it).header;
    header.stamp = state_.stamp();
    copies_.publish(std::move(header));
  }
  state_.desk.at(state_.now.steady + state_.options.header_period, [this, number] { tell_progress(number); });
}

void submission_core::header_changed(const job_header& header) {
  std::vector<uint64_t> theirs;
  for (const auto& [number, it] : intakes_)
    if (it.id == header.id && it.at != phase::finding)
      theirs.push_back(number);
  for (const auto number : theirs) {
    auto& it = intakes_.at(number);
    if (!asks_the_same(header.spec, it.spec)) {
      end(number, another_spec(header.id));
      continue;
    }
    it.spec.corpus = header.spec.corpus; // another node may have taken it before, in its class
    if (header.state == job_state::cancelled || header.state == job_state::expired ||
        header.state == job_state::removed)
      end(number, ended_early(header));
    else if (header.state != job_state::pending && it.at != phase::closing && it.at != phase::confirming)
      completed_elsewhere(number, it);
  }
}

/// Another submission of this job has handed in the last items.
void submission_core::completed_elsewhere(uint64_t number, intake& it) {
  it.at = phase::confirming;
  confirm(number, it, [this, number](intake& safe) {
    auto news = status_of(safe);
    if (safe.cutter.items() > news.header.items_total.value_or(0))
      return end(number, failure{errc::invalid_argument,
                                 "job " + to_text(safe.id) + " was completed with " +
                                     std::to_string(news.header.items_total.value_or(0)) +
                                     " items by another submission of this request id, and this one has more"});
    end(number, std::move(news));
  });
}

void submission_core::end(uint64_t number, result<job_status> outcome) {
  if (intakes_.erase(number) > 0)
    state_.desk.want(submission_ended{number, std::move(outcome)});
}

} // namespace weft
