#include "runtime/jobs/corpus_finder.hpp"

#include <memory>
#include <set>
#include <utility>

namespace weft {
namespace {

constexpr uint32_t range_segments = 4'096; // metas of one answer: about 400 kB

struct search_under_way {
  jobs_state& state;
  record_keeper& keeper;
  job_id job;
  std::function<void(result<found_corpus>)> done;
  found_corpus found{};
  std::set<node_id> silent{}; ///< in a former round: it holds up one round, not all of them
};

void heard(const std::shared_ptr<search_under_way>& it, job_surveyed_by_all answers);

void ask(const std::shared_ptr<search_under_way>& it, uint32_t from) {
  survey_members(
      it->state, it->job, from, range_segments, [it](job_surveyed_by_all answers) { heard(it, std::move(answers)); },
      it->silent);
}

void finish(const std::shared_ptr<search_under_way>& it) {
  const auto* job = it->state.headers.find(it->job);
  if (!job)
    return it->done(failure{errc::unknown_job, "the job is gone"});
  auto& survey = it->found.survey;
  const auto& attached = it->found.attached;
  survey.has_outcome = attached.is_whole(attached_kind::outcome, job->header.spec.durability.synced);
  for (const auto kind : {attached_kind::checkpoint_a, attached_kind::checkpoint_b})
    if (attached.is_whole(kind, 1))
      survey.checkpoints.emplace_back(kind, attached.generation(kind));
  survey.newest_generation = attached.newest_generation();
  it->done(std::move(it->found));
}

void heard(const std::shared_ptr<search_under_way>& it, job_surveyed_by_all answers) {
  if (!answers.headers.empty())
    it->keeper.keep(std::move(answers.headers), {}, [](const status&) {});
  for (const auto& [index, segment] : answers.segments) {
    const auto& best = segment.best;
    if (is_attached(index))
      it->found.attached.add(segment);
    else if (best.stage == segment_stage::results)
      it->found.survey.segments.push_back(
          {index, best.first_item, best.items - best.failed, best.failed, best.hash, segment.alike});
  }
  it->silent.merge(answers.silent);
  if (answers.next)
    return ask(it, *answers.next);
  finish(it);
}

} // namespace

void find_corpus(jobs_state& state, record_keeper& keeper, job_id job, std::function<void(result<found_corpus>)> done) {
  ask(std::make_shared<search_under_way>(search_under_way{state, keeper, job, std::move(done)}), 0);
}

} // namespace weft
