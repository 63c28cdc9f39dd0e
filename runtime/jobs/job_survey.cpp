#include "runtime/jobs/job_survey.hpp"

#include "runtime/jobs/record_check.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace weft {
namespace {

struct round_of_answers {
  job_id job;
  uint32_t first = 0;
  job_surveyed_by_all all;
  uint32_t waits = 0;
  std::function<void(job_surveyed_by_all)> done;

  void add(node_id node, std::vector<segment_meta> segments, std::optional<uint32_t> next) {
    ++all.answered;
    if (next && *next > first && (!all.next || *next < *all.next))
      all.next = next;
    for (auto& meta : segments) {
      if (meta.id.job != job || meta.id.index < first) // not what was asked for
        continue;
      const auto [at, added] = all.segments.try_emplace(meta.id.index);
      at->second.holders.push_back(node);
      if (meta.stage == segment_stage::results)
        at->second.finished.push_back(node);
      if (added || supersedes(meta, at->second.best)) {
        at->second.best = std::move(meta);
        at->second.alike = {node};
      } else if (!supersedes(at->second.best, meta)) {
        at->second.alike.push_back(node);
      }
    }
  }

  void end() {
    if (all.next)
      all.segments.erase(all.segments.lower_bound(*all.next), all.segments.end());
    done(std::move(all));
  }
};

} // namespace

void survey_members(jobs_state& state, job_id job, uint32_t first, uint32_t segments_max,
                    std::function<void(job_surveyed_by_all)> done, const std::set<node_id>& without) {
  const auto round = std::make_shared<round_of_answers>();
  round->job = job;
  round->first = first;
  round->done = std::move(done);
  auto others = state.places.others();
  std::erase_if(others, [&](node_id node) { return without.contains(node); });
  round->all.asked = static_cast<uint32_t>(others.size()) + 1;
  auto [own, next] = state.segments.survey(job, first, segments_max);
  round->add(state.self, std::move(own), next);
  if (others.empty())
    return state.desk.later([round] { round->end(); });
  round->waits = static_cast<uint32_t>(others.size());
  for (const auto node : others) {
    const survey_job question{.job = job, .first_segment = first, .segments_max = segments_max};
    state.desk.ask_for<job_surveyed>(node, question, state.options.fetch_within,
                                     [round, node](result<job_surveyed> answer) {
                                       if (answer && answer->header)
                                         round->all.headers.push_back(std::move(*answer->header));
                                       if (answer)
                                         round->add(node, std::move(answer->segments), answer->next);
                                       else
                                         round->all.silent.insert(node);
                                       if (--round->waits == 0)
                                         round->end();
                                     });
  }
}

namespace {

struct search_under_way {
  jobs_state& state;
  record_search search;
  std::function<void(result<segment_record>)> done;
  size_t next = 0;
};

void go_on(const std::shared_ptr<search_under_way>& it);

/// Ends with the record, or asks the next node.
void take(const std::shared_ptr<search_under_way>& it, std::optional<segment_record> found) {
  const bool fits =
      found && found->meta.id == it->search.id && found->meta.stage >= it->search.least && is_sound(*found);
  if (fits)
    return it->done(std::move(*found));
  go_on(it);
}

void read_own(const std::shared_ptr<search_under_way>& it) {
  const auto id = it->search.id;
  if (!it->state.segments.find(id))
    return go_on(it);
  const auto waits = std::make_shared<bool>(true);
  it->state.desk.at(it->state.now.steady + it->state.options.fetch_within, [it, waits] {
    if (std::exchange(*waits, false))
      go_on(it);
  });
  it->state.desk.read_log({id}, [it, id, waits](result<std::vector<std::optional<segment_record>>> read) {
    if (!std::exchange(*waits, false))
      return; // too late
    const bool is_there = read && !read->empty() && read->front();
    if (read && !is_there && it->search.damaged && it->state.segments.find(id))
      it->search.damaged(id);
    take(it, is_there ? std::move(read->front()) : std::nullopt);
  });
}

void go_on(const std::shared_ptr<search_under_way>& it) {
  if (it->next == it->search.nodes.size()) {
    const failure reason{errc::unavailable, "no node that is there has segment " + std::to_string(it->search.id.index) +
                                                " of job " + to_text(it->search.id.job)};
    return it->state.desk.later([it, reason] { it->done(reason); });
  }
  const auto node = it->search.nodes[it->next++];
  if (node == it->state.self)
    return read_own(it);
  it->state.desk.ask_for<segments_fetched>(
      node, fetch_segments{{it->search.id}}, it->state.options.fetch_within, [it](result<segments_fetched> answer) {
        const bool is_there = answer && !answer->segments.empty() && answer->segments.front();
        take(it, is_there ? std::move(answer->segments.front()) : std::nullopt);
      });
}

} // namespace

void find_record(jobs_state& state, record_search search, std::function<void(result<segment_record>)> done) {
  go_on(std::make_shared<search_under_way>(search_under_way{state, std::move(search), std::move(done)}));
}

} // namespace weft
