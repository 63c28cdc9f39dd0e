#include "runtime/jobs/known_corpora.hpp"

#include "runtime/jobs/attachment_store.hpp"
#include "runtime/jobs/corpus_finder.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

uint64_t items_of(const std::vector<segment_holding>& segments) {
  uint64_t out = 0;
  for (const auto& each : segments)
    out += each.items;
  return out;
}

} // namespace

void known_corpora::find(job_id job, corpus_found done) {
  if (const auto found = corpora_.find(job); found != corpora_.end()) {
    found->second.asked = ++asked_;
    if (!found->second.is_stale)
      return done(found->second.corpus);
    return survey(job, *found->second.corpus, std::move(done));
  }
  fetch_attachment(state_, {job, attached_kind::outcome, damaged_},
                   [this, job, done = std::move(done)](result<attachment> found) mutable {
                     auto outcome = found ? decode_corpus_outcome(found->bytes) : result<corpus_outcome>{found.error()};
                     if (!outcome)
                       return done(std::move(outcome.error()));
                     if (!outcome->result)
                       return done(failure{outcome->why, "the corpus has no result: " + outcome->message});
                     known_corpus out;
                     out.facts = outcome->result->facts;
                     out.gaps = std::move(outcome->gaps);
                     out.model_version = std::move(outcome->model_version);
                     out.precision = outcome->precision;
                     survey(job, std::move(out), std::move(done));
                   });
}

void known_corpora::survey(job_id job, known_corpus corpus, corpus_found done) {
  find_corpus(state_, keeper_, job,
              [this, job, corpus = std::move(corpus), done = std::move(done)](result<found_corpus> found) mutable {
                if (!found)
                  return done(std::move(found.error()));
                corpus.segments = std::move(found->survey.segments);
                for (size_t s = 0; s < corpus.segments.size(); ++s)
                  if (corpus.segments[s].segment != s)
                    return done(failure{errc::unavailable, "the results of segment " + std::to_string(s) +
                                                               " are on no node that is there"});
                // First: without a segment at all the planner would say that the job has no vectors.
                if (items_of(corpus.segments) != corpus.facts.items)
                  return done(failure{errc::unavailable, "results of the job are on no node that is there"});
                auto plan = plan_ranks(corpus.segments, state_.workers);
                if (!plan)
                  return done(std::move(plan.error()));
                corpus.plan = std::move(*plan);
                auto known = std::make_shared<const known_corpus>(std::move(corpus));
                keep(job, known);
                done(std::move(known));
              });
}

void known_corpora::keep(job_id job, std::shared_ptr<const known_corpus> corpus) {
  corpora_[job] = {std::move(corpus), false, ++asked_};
  if (corpora_.size() > corpora_max)
    corpora_.erase(std::ranges::min_element(corpora_, {}, [](const auto& it) { return it.second.asked; }));
}

void known_corpora::stale(job_id job) {
  if (const auto found = corpora_.find(job); found != corpora_.end())
    found->second.is_stale = true;
}

void known_corpora::members_changed() {
  for (auto& [job, it] : corpora_)
    it.is_stale = true;
}

void known_corpora::header_changed(const job_header& header) {
  if (header.state == job_state::removed)
    corpora_.erase(header.id);
}

} // namespace weft
