#include "tests/runtime/corpus_job/fake_rank_groups.hpp"

#include <algorithm>
#include <utility>

namespace weft::test {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 2'000ms;               // for the others to come
constexpr collective::patience verb_patience{1}; // fibers wait for nobody

} // namespace

result<corpus_result> run_alone(corpus_run_setup setup) {
  fiber_ranks alone(1);
  corpus_run run(std::move(setup));
  auto last = ok;
  alone.on_each([&](collective& end) {
    corpus_group group(end, verb_patience);
    while (last && run.next() != corpus_step::done)
      last = run.step(group);
  });
  if (!last)
    return last.error();
  return run.outcome();
}

void fake_rank_groups::group_run::end() {
  is_over = true;
  runs.clear();
  ranks.reset();
}

void fake_rank_groups::start(const group_worker& rank, const start_corpus& what) {
  const group_key key{what.job, what.formation};
  auto& group = groups_[key];
  group.started.insert(rank);
  if (group.started.size() == key.formation.ranks.size())
    return begin(key);
  if (group.started.size() == 1)
    world_.later(patience, [this, key] {
      if (!groups_[key].ranks)
        fail(key, {errc::deadline_exceeded, "the others did not come"});
    });
}

void fake_rank_groups::stop(const group_worker& rank, job_id job, uint64_t epoch) {
  for (auto& [key, group] : groups_)
    if (key.job == job && key.formation.epoch == epoch)
      group.stopped.insert(rank);
}

void fake_rank_groups::forget(const group_worker& rank, job_id job) {
  for (auto& [key, group] : groups_)
    if (key.job == job)
      group.stopped.insert(rank);
}

void fake_rank_groups::begin(const group_key& key) {
  auto& group = groups_[key];
  if (group.is_over)
    return;
  for (const auto& rank : key.formation.ranks) {
    auto setup = world_.is_there(rank) && !group.stopped.contains(rank)
                     ? world_.begin(rank, key.job, key.formation.epoch)
                     : std::nullopt;
    if (!setup)
      return fail(key, {errc::unavailable, "a rank has gone"});
    group.runs.push_back(std::make_unique<corpus_run>(std::move(*setup)));
  }
  group.ranks = std::make_unique<fiber_ranks>(static_cast<uint32_t>(key.formation.ranks.size()), key.formation.epoch);
  world_.later(world_.step_takes(), [this, key] { step(key); });
}

void fake_rank_groups::fail(const group_key& key, const failure& why) {
  auto& group = groups_[key];
  if (group.is_over)
    return;
  group.end();
  for (const auto& rank : key.formation.ranks)
    if (group.started.contains(rank) && world_.is_there(rank))
      world_.failed(rank, key.job, key.formation.epoch, why);
}

void fake_rank_groups::step(const group_key& key) {
  auto& group = groups_[key];
  if (group.is_over)
    return;
  const auto& ranks = key.formation.ranks;
  for (const auto& rank : ranks)
    if (!world_.is_there(rank) || group.stopped.contains(rank) || !world_.reaches(ranks.front(), rank))
      return fail(key, {errc::unavailable, "a rank has gone, or the way to it"});
  if (const auto why = world_.fault(key.job, *group.runs.front()))
    return fail(key, *why);
  ++steps_;
  std::vector<status> outcomes(ranks.size(), ok);
  group.ranks->on_each([&](collective& end) {
    corpus_group verbs(end, verb_patience);
    outcomes[verbs.rank()] = group.runs[verbs.rank()]->step(verbs);
  });
  for (const auto& outcome : outcomes)
    if (!outcome) // what was asked of this corpus cannot be: every rank says so
      return fail(key, outcome.error());
  for (size_t r = 0; r < ranks.size(); ++r)
    world_.stepped(ranks[r], key.job, key.formation.epoch, *group.runs[r]);
  if (group.runs.front()->next() == corpus_step::done)
    return group.end();
  world_.later(world_.step_takes(), [this, key] { step(key); });
}

} // namespace weft::test
