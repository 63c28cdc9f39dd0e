#include "runtime/jobs/replicator.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace weft {
namespace {

using namespace std::chrono_literals;

/// How often what failed is tried anew, and what takes too long is looked for.
constexpr auto round_period = 250ms;

bool is_of_storage(errc why) noexcept {
  return why == errc::storage_full || why == errc::storage_failed;
}

} // namespace

bool replicator::copy_set::is_tried(node_id node) const noexcept {
  return std::ranges::find(goal.holders, node) != goal.holders.end() ||
         std::ranges::any_of(asked, [&](const auto& a) { return a.node == node; }) ||
         std::ranges::any_of(failed, [&](const auto& f) { return f.node == node; });
}

void replicator::secure(segment_record segment, copy_goal goal, safe done) {
  const auto job = segment.meta.id.job;
  start({.segment = std::move(segment), .job = job, .goal = std::move(goal), .done = std::move(done)});
}

void replicator::secure(job_id header, copy_goal goal, safe done) {
  start({.segment = {}, .job = header, .goal = std::move(goal), .done = std::move(done)});
}

void replicator::publish(job_header header, copy_goal goal, safe done) {
  const auto id = header.id;
  keeper_.keep({std::move(header)}, {}, [](const status&) {}); // secure() waits for the same write
  secure(id, std::move(goal), std::move(done));
}

void replicator::publish(job_header header) {
  const auto id = header.id;
  keeper_.keep({std::move(header)}, {}, [](const status&) {});
  for (const auto node : state_.places.others())
    lanes_.tell(node, id);
}

void replicator::start(copy_set set) {
  if (sets_.empty())
    next_round_ = state_.now.steady + round_period;
  bytes_ += set.bytes();
  if (set.is_results())
    unsafe_result_bytes_ += set.bytes();
  const auto number = ++last_number_;
  sets_.emplace(number, std::move(set));
  advance(number);
}

void replicator::advance(uint64_t number) {
  const auto found = sets_.find(number);
  if (found == sets_.end())
    return;
  auto& set = found->second;
  const auto& goal = set.goal;
  if (!set.is_safe && goal.holders.size() >= goal.durability.synced)
    became_safe(set);
  if (!set.is_safe && goal.give_up)
    if (auto reason = hopeless(set))
      return end(number, std::move(*reason));
  ask_more(number, set);
  if (set.is_safe && set.asked.empty())
    end(number, ok);
}

void replicator::ask_more(uint64_t number, copy_set& set) {
  const auto nodes = set.segment ? state_.places.ranked(set.segment->meta.id) : state_.places.live();
  const size_t wanted = set.segment ? std::max(set.goal.durability.copies, set.goal.durability.synced) : nodes.size();
  // Those that failed lately are asked when the others are not enough.
  for (const bool troubled : {false, true})
    for (const auto node : nodes) {
      if (set.goal.holders.size() + set.asked.size() >= wanted)
        return;
      if (lanes_.is_troubled(node) == troubled && !set.is_tried(node))
        ask(number, set, node);
    }
}

void replicator::ask(uint64_t number, copy_set& set, node_id node) {
  set.asked.push_back({node, state_.now.steady});
  auto heard = [this, number, node](const status& outcome) { copied(number, node, outcome); };
  if (node != state_.self)
    return set.segment ? lanes_.send(node, *set.segment, std::move(heard))
                       : lanes_.tell(node, set.job, std::move(heard));
  std::vector<job_header> headers;
  std::vector<segment_record> segments;
  if (set.segment)
    segments.push_back(*set.segment);
  else if (const auto* job = state_.headers.find(set.job))
    headers.push_back(job->header);
  keeper_.keep(std::move(headers), std::move(segments), std::move(heard));
}

void replicator::copied(uint64_t number, node_id node, const status& outcome) {
  const auto found = sets_.find(number);
  if (found == sets_.end())
    return;
  auto& set = found->second;
  std::erase_if(set.asked, [&](const auto& a) { return a.node == node; });
  std::erase_if(set.failed, [&](const auto& f) { return f.node == node; });
  if (!outcome)
    set.failed.push_back({node, outcome.error().code});
  else if (!set.is_tried(node))
    set.goal.holders.push_back(node);
  advance(number);
}

std::optional<failure> replicator::hopeless(const copy_set& set) const {
  // Disks that are full do not get room within seconds: the submitter hears it now.
  const auto full = std::ranges::count_if(set.failed, [](const auto& f) { return f.why == errc::storage_full; });
  const auto live = state_.places.live().size();
  if (full > 0 && live >= set.goal.durability.synced &&
      live - std::min<size_t>(live, static_cast<size_t>(full)) < set.goal.durability.synced)
    return reason_of(set);
  return std::nullopt;
}

failure replicator::reason_of(const copy_set& set) const {
  const auto counts = std::to_string(set.goal.holders.size()) + " of " + std::to_string(set.goal.durability.synced);
  for (const auto& f : set.failed)
    if (is_of_storage(f.why))
      return {f.why, "the disk of a node that should keep the items takes nothing; " + counts + " copies are synced"};
  return {errc::no_quorum, "only " + counts + " nodes have synced it"};
}

void replicator::became_safe(copy_set& set) {
  set.is_safe = true;
  if (set.is_results())
    unsafe_result_bytes_ -= set.bytes();
  state_.desk.later([done = std::move(set.done)] { done(ok); });
}

void replicator::end(uint64_t number, status outcome) {
  const auto found = sets_.find(number);
  if (found == sets_.end())
    return;
  auto& set = found->second;
  bytes_ -= set.bytes();
  if (!set.is_safe) {
    if (set.is_results())
      unsafe_result_bytes_ -= set.bytes();
    state_.desk.later([done = std::move(set.done), outcome = std::move(outcome)] { done(outcome); });
  }
  sets_.erase(found);
}

void replicator::members_changed() {
  std::vector<uint64_t> numbers;
  for (auto& [number, set] : sets_) {
    std::erase_if(set.failed, [&](const auto& f) { return f.why != errc::storage_full; });
    std::erase_if(set.asked, [&](const auto& a) { return !state_.places.is_live(a.node); });
    numbers.push_back(number);
  }
  for (const auto number : numbers)
    advance(number);
}

void replicator::tick() {
  if (sets_.empty() || state_.now.steady < next_round_)
    return;
  next_round_ = state_.now.steady + round_period;
  std::vector<uint64_t> numbers;
  for (const auto& [number, set] : sets_)
    numbers.push_back(number);
  for (const auto number : numbers)
    if (sets_.contains(number))
      next_round(number, sets_.at(number));
}

void replicator::next_round(uint64_t number, copy_set& set) {
  const auto* job = state_.headers.find(set.job);
  if (!set.is_safe && set.goal.give_up && *set.goal.give_up <= state_.now.steady)
    return end(number, reason_of(set));
  if (!set.is_safe && !set.goal.give_up && (!job || is_end(job->header.state)))
    return end(number, failure{errc::cancelled, "the job has ended"});
  if (set.asked.empty())
    set.failed.clear();
  // Longer than one request: its parcel waited, too. Should it come after all, it counts.
  const auto late = state_.now.steady - state_.options.keep_within - round_period;
  for (const auto& a : set.asked)
    if (a.since <= late)
      set.failed.push_back({a.node, errc::deadline_exceeded});
  std::erase_if(set.asked, [&](const auto& a) { return a.since <= late; });
  advance(number);
}

std::optional<time_point> replicator::next_wake() const {
  if (sets_.empty())
    return std::nullopt;
  return next_round_;
}

} // namespace weft
