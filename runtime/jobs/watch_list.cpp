#include "runtime/jobs/watch_list.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace weft {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds period_min = 100ms; // nobody reads faster

} // namespace

void watch_list::add(uint64_t number, const job_question& which, std::chrono::milliseconds period) {
  if (watches_.size() >= state_.options.watches_max)
    return state_.desk.want(watch_told{number, failure{errc::overloaded, "this node has as many watches as it may"}});
  auto& it = watches_[number];
  it.which = which;
  it.period = std::max(period, period_min);
  by_job_[which.id].insert(number);
  tell_due({number});
}

void watch_list::remove(uint64_t number) {
  const auto found = watches_.find(number);
  if (found == watches_.end())
    return;
  const auto job = by_job_.find(found->second.which.id);
  job->second.erase(number);
  if (job->second.empty())
    by_job_.erase(job);
  watches_.erase(found);
  with_news_.erase(number);
}

void watch_list::header_changed(job_id id) {
  const auto found = by_job_.find(id);
  if (found != by_job_.end())
    tell_due(found->second);
}

void watch_list::tell_due(const std::set<uint64_t>& numbers) {
  for (const auto number : std::vector<uint64_t>(numbers.begin(), numbers.end())) {
    auto& it = watches_.at(number);
    const auto* job = state_.headers.find(it.which.id);
    const bool is_last = !job || is_end(job->header.state);
    if (!is_last && it.not_before > state_.now.steady) {
      with_news_.insert(number);
      continue;
    }
    with_news_.erase(number);
    it.not_before = state_.now.steady + it.period;
    const auto found = state_.headers.look(it.which);
    if (!found) {
      state_.desk.want(watch_told{number, found.error()});
    } else {
      auto news = state_.headers.status_of(**found);
      news.corpus = it.told = standing_(it.which.id);
      state_.desk.want(watch_told{number, std::move(news)});
    }
    if (is_last || !found)
      remove(number);
  }
}

void watch_list::tick() {
  std::set<uint64_t> due;
  for (const auto number : with_news_)
    if (watches_.at(number).not_before <= state_.now.steady)
      due.insert(number);
  for (const auto& [number, it] : watches_) // who leads a corpus wakes several times a second
    if (it.not_before <= state_.now.steady && it.told != standing_(it.which.id))
      due.insert(number);
  tell_due(due);
}

std::optional<time_point> watch_list::next_wake() const {
  std::optional<time_point> out;
  for (const auto number : with_news_)
    sooner(out, watches_.at(number).not_before);
  return out;
}

} // namespace weft
