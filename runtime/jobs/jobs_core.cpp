#include "runtime/jobs/jobs_core.hpp"

#include "runtime/jobs/jobs_parts.hpp"
#include "runtime/jobs/quorum.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

failure not_loaded() {
  return {errc::unavailable, "the node reads its jobs still"};
}

} // namespace

jobs_core::jobs_core(node_id self, jobs_options options) : parts_(std::make_unique<parts>(self, std::move(options))) {}
jobs_core::~jobs_core() = default;

void jobs_core::loaded(job_log_contents contents, job_time now) {
  auto& my = *parts_;
  my.begin(now);
  my.state.next_sequence = std::max(my.state.next_sequence, contents.next_sequence);
  for (const auto& header : contents.headers) {
    my.state.headers.put(header, now.steady);
    auto& job = *my.state.headers.find(header.id);
    job.version_synced = job.version;
  }
  for (const auto& meta : contents.segments)
    my.state.segments.put(meta);
  my.is_loaded = true;
  my.duty.members_changed();
  my.progress.members_changed();
  my.retirement.changed();
  my.finish();
}

void jobs_core::set_members(cluster_view_ptr view, job_time now) {
  auto& my = *parts_;
  my.begin(now);
  const auto former = std::exchange(my.state.places, job_places{*view, my.state.self, my.state.options.region});
  const auto& places = my.state.places;
  bool started_anew = false;
  for (const auto& member : view->members) {
    const auto [at, added] = my.epochs.try_emplace(member.node, member.epoch);
    started_anew = started_anew || (!added && at->second != member.epoch && member.node != my.state.self);
    at->second = member.epoch;
  }
  const auto former_workers = std::exchange(my.state.workers, my.workers_in(*view));
  const auto former_known = std::exchange(
      my.state.workers_known, places.live().size() + missing_members(*view, my.state.options.region).size());
  const bool frozen = takeover_frozen(*view, my.state.options.region);
  my.counted.frozen = frozen;
  my.execution.freeze(frozen);
  my.repair.freeze(frozen);
  my.execution.set_members(places.others());
  my.repair.set_view(places.hash(), places.others(), started_anew, now.steady);
  const bool places_changed = former.hash() != places.hash() || former.hash_with_dead() != places.hash_with_dead();
  if (places_changed) {
    my.duty.members_changed();
    my.lanes.members_changed();
    my.copies.members_changed();
    my.progress.members_changed();
    my.retirement.changed();
  }
  // Also where only a process is another one.
  if (places_changed || former_workers != my.state.workers || former_known != my.state.workers_known)
    my.corpora.members_changed();
  my.finish();
}

void jobs_core::drain(job_time now) {
  parts_->begin(now);
  parts_->submissions.drain();
  parts_->execution.drain();
  parts_->corpora.drain();
  parts_->finish();
}

void jobs_core::tick(job_time now) {
  parts_->begin(now);
  parts_->tick();
  parts_->finish();
}

std::optional<time_point> jobs_core::next_wake() const {
  return parts_->next_wake();
}

void jobs_core::open(uint64_t submission, job_opening opening, job_time now) {
  parts_->begin(now);
  if (parts_->is_loaded)
    parts_->submissions.open(submission, opening);
  else
    parts_->state.desk.want(submission_ended{submission, not_loaded()});
  parts_->finish();
}

void jobs_core::append(uint64_t submission, std::vector<std::string> texts, job_time now) {
  parts_->begin(now);
  parts_->submissions.append(submission, std::move(texts));
  parts_->finish();
}

void jobs_core::complete(uint64_t submission, job_time now) {
  parts_->begin(now);
  parts_->submissions.complete(submission);
  parts_->finish();
}

void jobs_core::abandon(uint64_t submission, job_time now) {
  parts_->begin(now);
  parts_->submissions.abandon(submission);
  parts_->finish();
}

result<job_status> jobs_core::get(const job_question& question, job_time) const {
  if (!parts_->is_loaded)
    return not_loaded();
  const auto found = parts_->state.headers.look(question);
  if (!found)
    return found.error();
  auto out = parts_->state.headers.status_of(**found);
  out.corpus = parts_->corpora.standing(question.id);
  return out;
}

result<job_page> jobs_core::list(const job_filter& filter, job_time) const {
  if (!parts_->is_loaded)
    return not_loaded();
  return parts_->state.headers.list(filter);
}

void jobs_core::look(uint64_t question, const job_question& which, job_time now) {
  auto& my = *parts_;
  my.begin(now);
  if (my.is_loaded)
    my.reader_finder.find(which.id, [&my, question, which](const status& asked) { my.look(question, which, asked); });
  else
    my.state.desk.want(cancel_answered{question, not_loaded()});
  my.finish();
}

void jobs_core::cancel(uint64_t question, const job_question& which, job_time now) {
  auto& my = *parts_;
  my.begin(now);
  if (my.is_loaded)
    my.reader_finder.find(which.id, [&my, question, which](const status& asked) {
      if (asked)
        my.cancel(question, which);
      else
        my.state.desk.want(cancel_answered{question, asked.error()});
    });
  else
    my.state.desk.want(cancel_answered{question, not_loaded()});
  my.finish();
}

void jobs_core::watch(uint64_t watch, const job_question& which, std::chrono::milliseconds period, job_time now) {
  auto& my = *parts_;
  my.begin(now);
  if (my.is_loaded)
    my.watch_finder.find_for(watch, which.id, [&my, watch, which, period](const status& asked) {
      if (asked)
        my.watches.add(watch, which, period);
      else
        my.state.desk.want(watch_told{watch, asked.error()});
    });
  else
    my.state.desk.want(watch_told{watch, not_loaded()});
  my.finish();
}

void jobs_core::unwatch(uint64_t watch) {
  parts_->watch_finder.forget(watch);
  parts_->watches.remove(watch);
}

void jobs_core::read(uint64_t reader, const job_question& which, uint64_t from, job_time now) {
  auto& my = *parts_;
  my.begin(now);
  if (my.is_loaded)
    my.reader_finder.find_for(reader, which.id, [&my, reader, which, from](const status& asked) {
      const bool wanted = my.wanted_early.erase(reader) > 0;
      if (!asked)
        return my.state.desk.want(reader_ended{reader, asked.error()});
      my.readers.read(reader, which, from);
      if (wanted)
        my.readers.read_next(reader);
    });
  else
    my.state.desk.want(reader_ended{reader, not_loaded()});
  my.finish();
}

void jobs_core::read_next(uint64_t reader, job_time now) {
  auto& my = *parts_;
  my.begin(now);
  if (my.reader_finder.waits(reader))
    my.wanted_early.insert(reader);
  else
    my.readers.read_next(reader);
  my.finish();
}

void jobs_core::unread(uint64_t reader) {
  parts_->reader_finder.forget(reader);
  parts_->wanted_early.erase(reader);
  parts_->readers.unread(reader);
}

void jobs_core::read_corpus(uint64_t question, const job_question& which, job_time now) {
  auto& my = *parts_;
  my.begin(now);
  if (my.is_loaded)
    my.reader_finder.find(which.id, [&my, question, which](const status& asked) {
      if (asked)
        my.corpora.answers.read(question, which);
      else
        my.state.desk.want(corpus_read{question, asked.error()});
    });
  else
    my.state.desk.want(corpus_read{question, not_loaded()});
  my.finish();
}

void jobs_core::rank_corpus(uint64_t question, corpus_query query, job_time now) {
  auto& my = *parts_;
  my.begin(now);
  if (my.is_loaded)
    my.reader_finder.find(query.job.id, [&my, question, query](const status& asked) {
      if (asked)
        my.corpora.searches.rank(question, query);
      else
        my.state.desk.want(corpus_ranked{question, asked.error()});
    });
  else
    my.state.desk.want(corpus_ranked{question, not_loaded()});
  my.finish();
}

void jobs_core::log_written(uint64_t ticket, status outcome, job_time now) {
  parts_->begin(now);
  parts_->state.desk.log_written(ticket, std::move(outcome));
  parts_->finish();
}

void jobs_core::log_read(uint64_t ticket, result<std::vector<std::optional<segment_record>>> outcome, job_time now) {
  parts_->begin(now);
  parts_->state.desk.log_read(ticket, std::move(outcome));
  parts_->finish();
}

void jobs_core::answered(uint64_t ticket, result<job_answer> answer, job_time now) {
  parts_->begin(now);
  parts_->state.desk.node_answered(ticket, std::move(answer));
  parts_->finish();
}

void jobs_core::asked(uint64_t exchange, job_request request, job_time now) {
  auto& my = *parts_;
  my.begin(now);
  if (!my.is_loaded)
    my.state.desk.want(answer_node{exchange, not_loaded()});
  else if (auto* keep = std::get_if<keep_records>(&request))
    my.requests.keep(exchange, std::move(*keep));
  else if (auto* fetch = std::get_if<fetch_segments>(&request))
    my.requests.fetch(exchange, std::move(*fetch));
  else if (const auto* survey = std::get_if<survey_job>(&request))
    my.requests.survey(exchange, *survey);
  else if (const auto* compare = std::get_if<compare_records>(&request))
    my.state.desk.want(answer_node{exchange, job_answer{my.repair.compare(*compare)}});
  else if (auto* attempt = std::get_if<try_texts>(&request))
    my.execution.try_here(exchange, std::move(attempt->work), now.steady);
  else if (const auto* order = std::get_if<corpus_exchange>(&request))
    my.corpora.exchanged(exchange, *order);
  else if (const auto* search = std::get_if<corpus_search>(&request))
    my.corpora.shares.search(exchange, *search);
  my.finish();
}

void jobs_core::ran(uint64_t run, run_outcome outcome, job_time now) {
  parts_->begin(now);
  parts_->execution.ran(run, std::move(outcome), parts_->state.now.steady);
  parts_->finish();
}

void jobs_core::corpus(corpus_event event, job_time now) {
  parts_->begin(now);
  parts_->corpora.on(event);
  parts_->finish();
}

std::vector<jobs_effect> jobs_core::take_effects() {
  return parts_->state.desk.take();
}

jobs_counters jobs_core::counters() const {
  const auto& my = *parts_;
  auto out = my.counted;
  out.jobs = my.state.headers.counts();
  out.segments = my.state.segments.size();
  out.segments_finished = out.segments - my.state.segments.waiting();
  out.segments_waiting = my.execution.waiting();
  out.segments_running = my.execution.running();
  out.takeovers = my.execution.takeovers();
  out.items_acknowledged = my.submissions.items_acknowledged();
  const auto& repaired = my.repair.counters();
  out.repaired = repaired.fetched + repaired.given;
  out.repaired_bytes = repaired.fetched_bytes + repaired.given_bytes;
  out.replicated_bytes = my.lanes.bytes_sent();
  out.nodes_compared = my.is_loaded ? my.repair.compared() : 0;
  out.refused = my.submissions.refused();
  out.bytes_held =
      my.submissions.bytes_waiting() + my.copies.bytes_waiting() + my.lanes.bytes_waiting() + my.keeper.bytes_writing();
  return out;
}

std::vector<job_header> jobs_core::headers() const {
  std::vector<job_header> out;
  for (const auto& [id, job] : parts_->state.headers.all())
    out.push_back(job.header);
  return out;
}

std::vector<segment_meta> jobs_core::segments() const {
  return parts_->state.segments.all();
}

size_t jobs_core::corpora() const {
  return parts_->corpora.under_way();
}

} // namespace weft
