#include "runtime/jobs/job_finder.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace weft {

void job_finder::find(job_id id, std::function<void(const status&)> then) {
  if (state_.headers.find(id))
    return then(ok);
  const auto known = searches_.find(id);
  if (known != searches_.end())
    return known->second.push_back(std::move(then));
  if (searches_.size() >= searches_max)
    return then(
        failure{errc::overloaded, "this node looks for as many jobs as it may", {}, std::chrono::milliseconds{1'000}});
  searches_[id].push_back(std::move(then));
  survey_members(state_, id, 0, 1, [this, id](job_surveyed_by_all all) { found(id, std::move(all)); });
}

void job_finder::found(job_id id, job_surveyed_by_all all) {
  const auto silent = all.asked - all.answered;
  keeper_.keep(std::move(all.headers), {}, [](const status&) {}); // known from here on, written in its time
  status outcome = ok;
  if (silent > 0 && !state_.headers.find(id))
    outcome =
        failure{errc::unavailable, "no node that answers knows job " + to_text(id) + ", and " + std::to_string(silent) +
                                       " of " + std::to_string(all.asked) + " do not answer"};
  const auto search = searches_.extract(id);
  for (const auto& then : search.mapped())
    then(outcome);
}

void job_finder::find_for(uint64_t number, job_id id, std::function<void(const status&)> then) {
  waiting_.emplace(number, std::move(then));
  find(id, [this, number](const status& found) {
    if (auto waiting = waiting_.extract(number))
      waiting.mapped()(found);
  });
}

} // namespace weft
