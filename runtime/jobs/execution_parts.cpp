#include "runtime/jobs/execution_parts.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <utility>

namespace weft {

/// Reads ahead, so that a run that ends is followed by another one at once.
void execution_core::parts::begin_more(time_point now) {
  size_t near = 0, waits = 0;
  bool takes_over = false;
  for (const auto& [key, what] : active) {
    const bool is_away = what.at == work_phase::elsewhere || what.at == work_phase::resting;
    waits += is_away;
    near += !is_away && !what.exchange;
    takes_over = takes_over || (!is_away && what.segment.taken_over);
  }
  if (waits >= options.elsewhere_max)
    return;
  if (!takes_over && !frozen) // it does not wait for those that were read ahead
    if (const auto segment = queue.next_taken_over(now)) {
      begin(*segment);
      ++near;
    }
  for (; near < options.runs_max + options.read_ahead; ++near) {
    const auto segment = queue.next(frozen, now);
    if (!segment)
      return;
    begin(*segment);
  }
}

void execution_core::parts::begin(const queued_segment& segment) {
  const auto key = ++last_number;
  active[key].segment = segment;
  keys.emplace(segment.id, key);
  want(want_texts{segment.id});
}

/// Another node waits for its tries; then the highest priority, what is taken over, the eldest. One run of what is
/// taken over has a place beside the others: it has waited for its owner to be found dead, and a run may take seconds
/// where the engine is slow.
void execution_core::parts::start_runs(time_point now) {
  const auto takes_over = [&](const auto& run) { return active.at(run.second.key).segment.taken_over; };
  while (true) {
    const bool is_full = runs.size() >= options.runs_max;
    if (is_full && (runs.size() > options.runs_max || std::ranges::any_of(runs, takes_over)))
      return;
    const active_work* best = nullptr;
    uint64_t best_key = 0;
    const auto rank = [](const active_work& what) {
      return what.exchange ? -1 : 2 * static_cast<int>(what.segment.priority) + !what.segment.taken_over;
    };
    for (const auto& [key, what] : active) {
      if (what.at != work_phase::ready || (frozen && what.segment.taken_over && what.work->untouched()) ||
          (is_full && !what.segment.taken_over))
        continue;
      if (best == nullptr || rank(what) < rank(*best)) {
        best = &what;
        best_key = key;
      }
    }
    if (best == nullptr)
      return;
    start(best_key, now);
  }
}

void execution_core::parts::start(uint64_t key, time_point now) {
  auto& what = active.at(key);
  auto items = what.work->take_slice(options.run_bytes_max);
  WEFT_ASSERT(!items.empty());
  takeovers += what.segment.taken_over && !std::exchange(what.was_run, true);
  what.at = work_phase::running;
  what.number = ++last_number;
  runs.emplace(what.number, run_under_way{key, items, now + options.run_within});
  want(start_run{what.number, what.work->texts(), std::move(items), what.exchange.has_value()});
}

/// After a run or a try: what is next for it.
void execution_core::parts::advance(uint64_t key, time_point now) {
  auto& what = active.at(key);
  what.at = work_phase::ready;
  if (what.work->has_slices())
    return;
  if (what.exchange && what.work->unfit())
    return end_try_here(key, what.work->unfit_reason());
  if (!what.work->suspects().empty() && what.exchange)
    what.work->give_up(1);
  if (!what.work->suspects().empty())
    return ask_elsewhere(key, now);
  if (what.work->done())
    finish(key);
}

void execution_core::parts::passed(uint64_t key, const failure& reason, time_point now) {
  auto& what = active.at(key);
  if (what.exchange)
    return end_try_here(key, reason); // the asker knows what else it can do
  if (what.work->untouched())
    return put_back(key, now);
  rest(what, now);
}

void execution_core::parts::rest(active_work& what, time_point now) {
  what.at = work_phase::resting;
  what.resumes = now + backoff(what.passes++);
}

/// Makes room for other jobs: what hinders this one (its model is not loaded) need not hinder them.
void execution_core::parts::put_back(uint64_t key, time_point now) {
  auto segment = active.at(key).segment;
  const auto until = now + backoff(segment.rests++);
  forget(key);
  queue.put(segment);
  queue.rest(segment.id.job, until);
}

void execution_core::parts::end_try_here(uint64_t key, result<texts_tried> outcome) {
  want(answer_try{*active.at(key).exchange, std::move(outcome)});
  forget(key);
}

void execution_core::parts::ask_elsewhere(uint64_t key, time_point now) {
  auto& what = active.at(key);
  const auto nodes = static_cast<uint32_t>(what.tried.size()) + (what.work->unfit() ? 0 : 1);
  const auto node = nodes < options.nodes_max ? next_node(what) : std::nullopt;
  if (node) {
    what.at = work_phase::elsewhere;
    what.number = ++last_number;
    tries.emplace(what.number, try_under_way{key, *node});
    return want(try_elsewhere{what.number, *node, what.work->suspects_work()});
  }
  what.work->give_up(nodes);
  what.tried.clear();
  what.gone.clear();
  if (what.work->done())
    return finish(key);
  what.passes = std::numeric_limits<uint32_t>::digits; // no node can do it now: the longest rest
  rest(what, now);
}

/// One that has not tried it, of these who was out of reach least often; which comes first depends on the segment.
std::optional<node_id> execution_core::parts::next_node(const active_work& what) const {
  std::optional<node_id> best;
  uint32_t fewest = options.passes_max;
  const auto start = segment_id_hash{}(what.segment.id);
  for (size_t i = 0; i < others.size(); ++i) {
    const auto node = others[(start + i) % others.size()];
    const auto gone = what.gone.find(node);
    const auto passes = gone == what.gone.end() ? 0 : gone->second;
    if (passes >= fewest || std::ranges::find(what.tried, node) != what.tried.end())
      continue;
    best = node;
    fewest = passes;
  }
  return best;
}

void execution_core::parts::tried_by(uint64_t key, node_id node, result<texts_tried> answer, time_point now) {
  auto& what = active.at(key);
  if (answer && what.work->tried_elsewhere(std::move(answer->results))) {
    what.passes = 0;
    what.tried.push_back(node);
    return advance(key, now);
  }
  // A node that cannot do it, or answers nonsense, is as good as not there.
  const bool passes = !answer && kind_of(answer.error().code) == failure_kind::passing;
  what.gone[node] += passes ? 1 : options.passes_max;
  if (!passes)
    return advance(key, now);
  rest(what, now);
}

void execution_core::parts::finish(uint64_t key) {
  auto& what = active.at(key);
  auto results = what.work->take_results();
  if (what.exchange)
    return end_try_here(key, texts_tried{std::move(results)});
  want(segment_finished{what.segment.id, what.segment.first_item, what.segment.taken_over, std::move(results)});
  forget(key);
}

void execution_core::parts::forget(uint64_t key) {
  const auto found = active.find(key);
  const auto& what = found->second;
  if (what.at == work_phase::running && runs.erase(what.number) > 0)
    want(stop_run{what.number});
  tries.erase(what.number);
  if (!what.exchange)
    keys.erase(what.segment.id);
  active.erase(found);
}

void execution_core::parts::expire_runs(time_point now) {
  std::vector<uint64_t> late;
  for (const auto& [number, run] : runs)
    if (run.deadline <= now)
      late.push_back(number);
  for (const auto number : late) {
    const auto run = std::move(runs.extract(number).mapped());
    want(stop_run{number});
    const failure reason{errc::deadline_exceeded, "the run took too long"};
    auto& what = active.at(run.key);
    what.at = work_phase::ready;
    what.work->ran(run.items, reason);
    passed(run.key, reason, now);
  }
}

void execution_core::parts::wake(time_point now) {
  std::vector<try_under_way> orphaned; // who was asked is gone: no need to wait for the answer
  for (auto it = tries.begin(); it != tries.end();) {
    const bool there = std::ranges::binary_search(others, it->second.node);
    if (!there)
      orphaned.push_back(it->second);
    it = there ? std::next(it) : tries.erase(it);
  }
  for (const auto& [key, node] : orphaned)
    tried_by(key, node, failure{errc::unavailable, "the node is gone"}, now);
  std::vector<uint64_t> rested;
  for (const auto& [key, what] : active)
    if (what.at == work_phase::resting && what.resumes <= now)
      rested.push_back(key);
  for (const auto key : rested)
    advance(key, now);
  for (const auto& [until, segment] : unreadable)
    if (until <= now)
      queue.put(segment);
  std::erase_if(unreadable, [&](const auto& it) { return it.first <= now; });
}

} // namespace weft
