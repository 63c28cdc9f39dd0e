#include "runtime/jobs/corpus_shares.hpp"

#include "runtime/corpus_job/corpus_terms.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace weft {

using namespace std::chrono_literals;

namespace {

/// As much as its message.
uint64_t bytes_of(const corpus_share_search& search) noexcept {
  return search.queries.size() * sizeof(float) + search.share.size() * sizeof(planned_segment);
}

failure no_room(const std::string& limit) {
  return {errc::overloaded, "this node searches as many shares of corpora as it may: " + limit, {}, 500ms};
}

} // namespace

void corpus_shares::search(uint64_t exchange, const corpus_search& request) {
  if (!has_room(request.bytes.size())) // before there is a second copy of it
    return state_.desk.want(answer_node{exchange, no_room("their queries fill its memory")});
  auto asked = decode_share_search(request.bytes);
  if (!asked)
    return state_.desk.want(answer_node{exchange, asked.error()});
  search(std::move(*asked), [this, exchange](result<share_hits> hits) {
    if (hits)
      state_.desk.want(answer_node{exchange, job_answer{corpus_searched{encode(*hits)}}});
    else
      state_.desk.want(answer_node{exchange, hits.error()});
  });
}

void corpus_shares::search(corpus_share_search search, hits_found done) {
  const auto refuse = [&](failure why) {
    state_.desk.later([done = std::move(done), why = std::move(why)] { done(why); });
  };
  if (is_draining_)
    return refuse({errc::draining, "the node searches nothing any more"});
  if (waiting_ >= state_.options.corpus_questions_max)
    return refuse(no_room(std::to_string(waiting_)));
  const auto bytes = bytes_of(search);
  if (!has_room(bytes))
    return refuse(no_room("their queries fill its memory"));
  const auto job = search.job;
  const auto give_up = state_.now.steady + state_.options.corpus_search_within;
  auto& queue = queues_[job];
  queue.push_back({std::move(search), std::move(done), give_up, bytes});
  ++waiting_;
  waiting_bytes_ += bytes;
  if (queue.size() == 1)
    begin(job);
}

bool corpus_shares::has_room(uint64_t bytes) const {
  return waiting_ == 0 || waiting_bytes_ + bytes <= state_.options.corpus_search_bytes_max;
}

/// The first that waits. What is in memory already is not read again.
void corpus_shares::begin(job_id job) {
  auto& first = queues_.at(job).front();
  first.ticket = ++last_ticket_;
  searched_.insert(job);
  corpus_load load{.options = {},
                   .ranks = {},
                   .share = first.search.share,
                   .roster = first.search.roster,
                   .items = first.search.items,
                   .job_items = first.search.job_items};
  if (const auto* known = state_.headers.find(job))
    if (const auto terms = decode_corpus_terms(known->header.spec.corpus))
      load.options = terms->options;
  loader_.load(job, 0, std::move(load), [this, job, ticket = first.ticket](result<corpus_loaded> outcome) {
    const auto found = queues_.find(job);
    if (found == queues_.end() || found->second.front().ticket != ticket)
      return;
    if (!outcome)
      return end(job, std::move(outcome.error()));
    const auto& search = found->second.front().search;
    state_.desk.want(want_corpus{
        search_corpus_share{ticket, job, search.scale_exponent, search.share, search.queries, search.options}});
  });
}

void corpus_shares::on(corpus_events::found& event) {
  for (const auto& [job, queue] : queues_)
    if (queue.front().ticket == event.ticket)
      return end(job_id{job}, std::move(event.hits));
}

/// Of the first that waits; the next one begins.
void corpus_shares::end(job_id job, result<share_hits> outcome) {
  const auto found = queues_.find(job);
  auto over = std::move(found->second.front());
  found->second.pop_front();
  --waiting_;
  waiting_bytes_ -= over.bytes;
  loader_.cancel(job, 0);
  if (found->second.empty())
    queues_.erase(found);
  else
    begin(job);
  state_.desk.later(
      [done = std::move(over.done), outcome = std::move(outcome)]() mutable { done(std::move(outcome)); });
}

void corpus_shares::header_changed(const job_header& header) {
  if (header.state != job_state::removed || searched_.erase(header.id) == 0)
    return;
  while (queues_.contains(header.id))
    end(header.id, failure{errc::job_removed, "the job's results are gone"});
  searched_.erase(header.id);
  state_.desk.want(want_corpus{forget_corpus{header.id}});
}

void corpus_shares::drain() {
  is_draining_ = true;
}

void corpus_shares::tick() {
  std::vector<job_id> late;
  for (auto& [job, queue] : queues_) {
    // Those behind the first came later, and so end later.
    if (queue.front().give_up <= state_.now.steady)
      late.push_back(job);
  }
  for (const auto job : late)
    while (queues_.contains(job) && queues_.at(job).front().give_up <= state_.now.steady)
      end(job, failure{errc::deadline_exceeded, "the share of the corpus was not searched in time"});
}

std::optional<time_point> corpus_shares::next_wake() const {
  std::optional<time_point> out;
  for (const auto& [job, queue] : queues_)
    sooner(out, queue.front().give_up);
  return out;
}

} // namespace weft
