#include "runtime/jobs/prefix_recovery.hpp"

#include <string>
#include <utility>
#include <vector>

namespace weft {
namespace {

using namespace std::chrono_literals;

constexpr uint32_t range_segments = 1'024; // metas of one answer: about 100 kB
constexpr size_t copies_under_way = 8;     // of segments, each up to 1 MiB and a text
constexpr auto retry_after = 250ms;

/// One recovery. Kept alive by whoever is to call it back.
struct recovery : std::enable_shared_from_this<recovery> {
  recovery(jobs_state& state_, record_keeper& keeper_, replicator& copies_, recovery_options options_)
      : state(state_), keeper(keeper_), copies(copies_), options(std::move(options_)) {}

  jobs_state& state;
  record_keeper& keeper;
  replicator& copies;
  recovery_options options;
  std::function<void(result<safe_prefix>)> done;

  safe_prefix prefix;                 ///< found; safe once nothing is under way
  std::optional<uint32_t> next_range; ///< after this one
  std::vector<surveyed_segment> unsafe;
  size_t under_way = 0;
  std::optional<failure> problem;

  void ask();
  void heard(job_surveyed_by_all answers);
  bool is_enough(const job_surveyed_by_all& answers) const;
  void walk(const job_surveyed_by_all& answers);
  void secure_more();
  void secure(surveyed_segment segment);
  void secured(const status& outcome);
};

void recovery::ask() {
  survey_members(state, options.job, prefix.segments, range_segments,
                 [me = shared_from_this()](job_surveyed_by_all answers) { me->heard(std::move(answers)); });
}

bool recovery::is_enough(const job_surveyed_by_all& answers) const {
  const auto live = state.places.live().size();
  return live >= options.durability.synced && answers.answered + options.durability.synced > answers.asked;
}

void recovery::heard(job_surveyed_by_all answers) {
  if (!is_enough(answers)) {
    if (state.now.steady + retry_after >= options.give_up)
      return done(failure{errc::no_quorum, std::to_string(answers.answered) + " of " + std::to_string(answers.asked) +
                                               " live nodes say what they keep of the job, and " +
                                               std::to_string(options.durability.synced) + " must be able to keep it"});
    return state.desk.at(state.now.steady + retry_after, [me = shared_from_this()] { me->ask(); });
  }
  if (!answers.headers.empty())
    keeper.keep(std::move(answers.headers), {}, [](const status&) {});
  walk(answers);
  secure_more();
}

void recovery::walk(const job_surveyed_by_all& answers) {
  next_range = answers.next;
  for (const auto& [index, segment] : answers.segments) {
    const bool fits = index == prefix.segments && segment.best.first_item == prefix.items && segment.best.items > 0;
    if (!fits) {
      next_range.reset();
      return;
    }
    ++prefix.segments;
    prefix.items += segment.best.items;
    if (segment.holders.size() < options.durability.synced)
      unsafe.push_back(segment);
  }
  if (next_range && *next_range != prefix.segments)
    next_range.reset();
}

void recovery::secure_more() {
  while (!problem && !unsafe.empty() && under_way < copies_under_way) {
    auto segment = std::move(unsafe.back());
    unsafe.pop_back();
    ++under_way;
    secure(std::move(segment));
  }
  if (under_way > 0)
    return;
  if (problem)
    return done(std::move(*problem));
  if (next_range)
    return ask();
  done(prefix);
}

void recovery::secure(surveyed_segment segment) {
  auto holders = segment.holders;
  auto secure_it = [me = shared_from_this(), holders, meta = segment.best](result<segment_record> record) {
    if (!record) { // gone since: the prefix ends before it
      if (meta.id.index < me->prefix.segments)
        me->prefix = {meta.id.index, meta.first_item};
      me->next_range.reset();
      return me->secured(ok);
    }
    const copy_goal goal{me->options.durability, me->options.give_up, holders};
    me->copies.secure(std::move(*record), goal, [me](const status& outcome) { me->secured(outcome); });
  };
  find_record(state, {segment.best.id, segment_stage::texts, std::move(holders), options.damaged},
              std::move(secure_it));
}

void recovery::secured(const status& outcome) {
  --under_way;
  if (!outcome)
    problem = outcome.error();
  secure_more();
}

} // namespace

void recover_prefix(jobs_state& state, record_keeper& keeper, replicator& copies, recovery_options options,
                    std::function<void(result<safe_prefix>)> done) {
  const auto it = std::make_shared<recovery>(state, keeper, copies, std::move(options));
  it->done = std::move(done);
  it->ask();
}

} // namespace weft
