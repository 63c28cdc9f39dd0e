// What clients get to see of their corpora, and whether that is what one rank alone makes of the texts.
#include "runtime/base/shorten.hpp"
#include "runtime/corpus_job/corpus_outcome.hpp"
#include "tests/runtime/jobs/fake_corpus.hpp"
#include "tests/sim/jobs_clients.hpp"

#include <chrono>
#include <utility>

namespace weft::sim {
namespace {

using namespace std::chrono_literals;

constexpr duration answer_patience = 20s;
constexpr uint32_t faults_to_fail = corpus_job_options{}.faults_max;

const std::string tenant = "t";

/// Nothing a node may say of a corpus whose job is done.
bool is_wrong(errc code) {
  return info(code).status == canonical::invalid_argument || code == errc::internal || code == errc::state_damaged;
}

} // namespace

/// Twice, mostly from two nodes: what is visible stays as it is.
void jobs_clients::read_corpus(size_t index) {
  auto& who = *clients_[index];
  if (who.corpus_question != 0 || who.has_read_corpus())
    return;
  const auto node = any_node();
  if (!node)
    return cluster_.later(500ms, [this, index] { read_corpus(index); });
  const auto question = who.corpus_question = cluster_.next_number();
  cluster_.call(*node, [question, id = who.id](jobs_core& core, job_time now) {
    core.read_corpus(question, {id, tenant, false}, now);
  });
  corpus_questions_[question] = index;
  cluster_.later(answer_patience, [this, index, question] {
    if (corpus_questions_.erase(question) == 0)
      return;
    clients_[index]->corpus_question = 0;
    read_corpus(index);
  });
}

void jobs_clients::corpus_given(uint64_t question, const result<corpus_reading>& outcome) {
  const auto asked = corpus_questions_.extract(question);
  if (asked.empty())
    return;
  const auto index = asked.mapped();
  auto& who = *clients_[index];
  who.corpus_question = 0;
  if (!outcome) {
    if (is_wrong(outcome.error().code))
      complain(who, "its outcome cannot be read: " + outcome.error().message);
    return cluster_.later(500ms, [this, index] { read_corpus(index); });
  }
  check_corpus(who, *outcome);
  ++who.corpora_read;
  read_corpus(index);
}

void jobs_clients::check_corpus(client& who, const corpus_reading& reading) {
  if (who.outcome == reading.outcome)
    return check_corpus_texts(who, reading);
  if (!who.outcome.empty() && !who.has_heavy())
    complain(who, "another node has another outcome of its corpus");
  who.outcome = reading.outcome;
  const auto outcome = decode_corpus_outcome(reading.outcome);
  if (!outcome)
    return complain(who, "its outcome is " + outcome.error().message);
  who.has_no_result = !outcome->result;
  if (!outcome->result)
    return check_corpus_failure(who, outcome->why, outcome->message);
  const auto& texts = who.plan.texts;
  const auto& gaps = outcome->gaps;
  if (gaps.items_total() != texts.size())
    return complain(who, "its corpus is of " + std::to_string(gaps.items_total()) + " items");
  test::plain_corpus corpus;
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto expected = expected_outcome(texts[i]);
    const bool has_vector = gaps.number_of(i).has_value();
    if (has_vector == expected.failed() && !(texts[i].starts_with("heavy") && !has_vector))
      return complain(who, "item " + std::to_string(i) + (has_vector ? " is" : " is not") + " in its corpus");
    if (has_vector)
      corpus.add(i, expected.value);
  }
  const auto alone = test::run_alone(test::small_run(std::move(corpus.rows), *who.plan.corpus));
  if (!alone)
    return complain(who, "its corpus has a result, where one rank fails: " + alone.error().message);
  if (!(*alone == *outcome->result))
    return complain(who, "the result of its corpus is not that of one rank");
  who.picked.clear();
  for (const auto& cluster : alone->clusters)
    who.picked.push_back(cluster.items == 0 ? "" : shortened(texts[corpus.items[cluster.representative]], 4'096));
  for (const auto& pick : alone->extract)
    who.picked.push_back(texts[corpus.items[pick.item]]);
  check_corpus_texts(who, reading);
}

void jobs_clients::check_corpus_texts(const client& who, const corpus_reading& reading) {
  auto got = reading.representatives;
  got.insert(got.end(), reading.extract.begin(), reading.extract.end());
  if (got != who.picked)
    complain(who, "its outcome shows other texts than its items have");
}

/// A corpus fails for what one rank alone would fail with, or when its engines have often enough.
void jobs_clients::check_corpus_failure(const client& who, errc why, const std::string& message) {
  test::plain_corpus corpus;
  for (size_t i = 0; i < who.plan.texts.size(); ++i) {
    const auto& text = who.plan.texts[i];
    if (const auto expected = expected_outcome(text); !expected.failed() && !text.starts_with("heavy"))
      corpus.add(i, expected.value);
  }
  const bool has_none = corpus.items.empty(); // then nobody plans ranks
  const auto alone = test::run_alone(test::small_run(std::move(corpus.rows), *who.plan.corpus));
  const bool is_its_own = has_none ? why == errc::invalid_argument : !alone && alone.error().code == why;
  const bool is_engines = why == errc::engine_failed && devices_.engine_failures(who.id) >= faults_to_fail;
  if (!is_its_own && !is_engines)
    complain(who, "its corpus has no result: " + std::string{to_string(why)} + ", " + message + ", after " +
                      std::to_string(devices_.engine_failures(who.id)) + " failures of engines");
}

/// How far its corpus is, as who leads it says.
std::string jobs_clients::standing(job_id id) const {
  std::string out;
  for (uint32_t node = 0; node < cluster_.size(); ++node) {
    if (!cluster_.up(node))
      continue;
    const auto state = cluster_.core(node).get({id, tenant, false}, cluster_.now(node));
    if (state && state->corpus)
      out += "; node " + std::to_string(node) + " leads its corpus, " + state->corpus->phase + " in epoch " +
             std::to_string(state->corpus->epoch) + " " + state->corpus->step + " (" + state->corpus->last_break + ")";
  }
  return out;
}

size_t jobs_clients::corpora() const {
  size_t out = 0;
  for (const auto& who : clients_)
    out += who->plan.corpus.has_value();
  return out;
}

size_t jobs_clients::corpora_made() const {
  size_t out = 0;
  for (const auto& who : clients_)
    out += who->plan.corpus && who->corpora_read == 2 && !who->has_no_result;
  return out;
}

std::string jobs_clients::unsettled_corpora() {
  for (uint32_t node = 0; node < cluster_.size(); ++node)
    if (const auto count = cluster_.core(node).corpora(); count != 0)
      return "node " + std::to_string(node) + " has " + std::to_string(count) + " corpora when all jobs have ended";
  if (const auto count = devices_.remembered(); count != 0)
    return "device groups have " + std::to_string(count) + " corpora in memory when all jobs have ended";
  return {};
}

} // namespace weft::sim
