#include "runtime/jobs/corpus_answers.hpp"

#include "runtime/base/shorten.hpp"
#include "runtime/jobs/attachment_store.hpp"
#include "runtime/jobs/corpus_finder.hpp"
#include "runtime/jobs/item_texts.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace weft {
namespace {

/// The item of the job that each cluster's representative is; of an empty cluster none.
std::vector<std::optional<uint64_t>> representatives_of(const corpus_outcome& outcome) {
  std::vector<std::optional<uint64_t>> out;
  for (const auto& cluster : outcome.result->clusters)
    out.push_back(cluster.items > 0 ? std::optional{outcome.gaps.item_of(cluster.representative)} : std::nullopt);
  return out;
}

bool fits(const corpus_outcome& outcome) {
  const auto embedded = outcome.gaps.embedded();
  for (const auto& cluster : outcome.result->clusters)
    if (cluster.items > 0 && cluster.representative >= embedded)
      return false;
  for (const auto& pick : outcome.result->extract)
    if (pick.item >= embedded)
      return false;
  return true;
}

} // namespace

result<const header_table::entry*> done_corpus(jobs_state& state, const job_question& question) {
  const auto found = state.headers.look(question);
  if (!found)
    return found;
  const auto& header = (*found)->header;
  if (header.spec.corpus.empty())
    return failure{errc::invalid_argument,
                   "job " + to_text(question.id) + " is no corpus job: submit its items as one"};
  if (header.state == job_state::cancelled || header.state == job_state::expired)
    return failure{errc::cancelled, "job " + to_text(question.id) + " ended " + std::string{to_string(header.state)} +
                                        ": it has no outcome"};
  if (!is_end(header.state))
    return failure{errc::invalid_argument, "job " + to_text(question.id) + " is not done yet: wait for its end"};
  return found;
}

void corpus_answers::end(uint64_t question, result<corpus_reading> outcome) {
  --under_way_;
  // Made in its place: g++ 12 takes moving it through one more variant for a use of what it has not.
  state_.desk.want(jobs_effect{std::in_place_type<corpus_read>, question, std::move(outcome)});
}

void corpus_answers::read(uint64_t question, const job_question& which) {
  ++under_way_;
  if (const auto job = done_corpus(state_, which); !job)
    return end(question, job.error());
  if (under_way_ > state_.options.corpus_questions_max)
    return end(question, failure{errc::overloaded, "this node reads as many outcomes as it may"});
  fetch_attachment(state_, {which.id, attached_kind::outcome, damaged_},
                   [this, question, which](result<attachment> found) {
                     if (found)
                       give(question, which, std::move(found->bytes));
                     else
                       end(question, std::move(found.error()));
                   });
}

void corpus_answers::give(uint64_t question, const job_question& which, std::string bytes) {
  const auto job = done_corpus(state_, which); // it may have been removed
  if (!job)
    return end(question, job.error());
  auto outcome = decode_corpus_outcome(bytes);
  if (!outcome)
    return end(question, std::move(outcome.error()));
  corpus_reading reading{.job = state_.headers.status_of(**job), .outcome = std::move(bytes)};
  if (!outcome->result)
    return end(question, std::move(reading));
  if (!fits(*outcome))
    return end(question, failure{errc::state_damaged, "the outcome names items that the job does not have"});
  with_texts(question, std::move(reading), *outcome);
}

void corpus_answers::with_texts(uint64_t question, corpus_reading reading, const corpus_outcome& outcome) {
  std::vector<uint64_t> extract;
  for (const auto& pick : outcome.result->extract)
    extract.push_back(outcome.gaps.item_of(pick.item));
  const auto id = reading.job.header.id;
  find_corpus(state_, keeper_, id,
              [this, question, id, reading = std::move(reading), extract = std::move(extract),
               representatives = representatives_of(outcome)](result<found_corpus> found) mutable {
                if (!found)
                  return end(question, std::move(found.error()));
                texts_search wanted{id, std::move(found->survey.segments), extract, damaged_, true};
                for (const auto& item : representatives)
                  if (item)
                    wanted.shown.push_back(*item);
                read_texts(state_, std::move(wanted),
                           [this, question, reading = std::move(reading), extract = std::move(extract),
                            representatives = std::move(representatives)](result<texts_by_item> texts) mutable {
                             if (!texts)
                               return end(question, std::move(texts.error()));
                             for (const auto& item : representatives)
                               reading.representatives.push_back(
                                   item ? shortened(texts->at(*item), shown_text_bytes_max) : std::string{});
                             for (const auto item : extract)
                               reading.extract.push_back(texts->at(item));
                             end(question, std::move(reading));
                           });
              });
}

} // namespace weft
