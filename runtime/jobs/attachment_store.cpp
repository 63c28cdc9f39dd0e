#include "runtime/jobs/attachment_store.hpp"

#include "runtime/job/record_codec.hpp"
#include "runtime/jobs/attached_census.hpp"
#include "runtime/jobs/job_survey.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace weft {
namespace {

using namespace std::chrono_literals;

constexpr size_t parts_under_way = 4; // of 1 MiB each
constexpr int tries_max = 3;
constexpr auto retry_after = 250ms;

/// One attachment on its way to safety; kept alive by whoever is to call it back.
struct keeping : std::enable_shared_from_this<keeping> {
  keeping(jobs_state& state_, replicator& copies_) : state(state_), copies(copies_) {}

  jobs_state& state;
  replicator& copies;
  job_id job;
  std::vector<segment_record> parts;
  job_durability durability;
  std::function<void(status)> done;
  size_t next = 0;
  size_t under_way = 0;
  status outcome = ok;

  void go_on() {
    const auto* header = state.headers.find(job);
    if (outcome && next < parts.size() && (!header || is_end(header->header.state)))
      outcome = failure{errc::cancelled, "the job has ended"};
    while (outcome && next < parts.size() && under_way < parts_under_way) {
      auto part = std::move(parts[next++]);
      part.meta.stamp = state.stamp();
      ++under_way;
      const copy_goal goal{durability, state.now.steady + state.options.open_within};
      copies.secure(std::move(part), goal, [me = shared_from_this()](const status& kept) {
        --me->under_way;
        if (!kept)
          me->outcome = kept;
        me->go_on();
      });
    }
    if (under_way == 0 && done)
      std::exchange(done, {})(outcome);
  }
};

/// One attachment on its way here; likewise.
struct fetching : std::enable_shared_from_this<fetching> {
  fetching(jobs_state& state_, attachment_search search_) : state(state_), search(std::move(search_)) {}

  jobs_state& state;
  attachment_search search;
  std::function<void(result<attachment>)> done;
  int tries = 0;
  std::vector<attached_census::part> parts;
  std::vector<std::string> bodies;
  std::optional<failure> problem;
  size_t next = 0;
  size_t under_way = 0;

  void look() {
    survey_members(state, search.job, attached_first, attached_kinds * attached_parts_max,
                   [me = shared_from_this()](const job_surveyed_by_all& answers) { me->found(answers); });
  }

  void found(const job_surveyed_by_all& answers) {
    attached_census census;
    for (const auto& [index, segment] : answers.segments)
      census.add(segment);
    if (!census.is_whole(search.kind, 1))
      return again({errc::unavailable, "what is attached to the job is not whole on the nodes that are there"});
    parts.clear();
    for (const auto& [number, part] : census.parts(search.kind))
      if (number < parts_in(part.meta.tokens))
        parts.push_back(part);
    bodies.assign(parts.size(), {});
    problem.reset();
    next = 0;
    go_on();
  }

  void go_on() {
    while (!problem && next < parts.size() && under_way < parts_under_way) {
      auto nodes = parts[next].holders;
      if (const auto own = std::find(nodes.begin(), nodes.end(), state.self); own != nodes.end())
        std::rotate(nodes.begin(), own, own + 1);
      ++under_way;
      find_record(state, {parts[next].meta.id, segment_stage::results, std::move(nodes), search.damaged},
                  [me = shared_from_this(), place = next](result<segment_record> record) {
                    --me->under_way;
                    if (record)
                      me->bodies[place] = *record->body;
                    else
                      me->problem = record.error();
                    me->go_on();
                  });
      ++next;
    }
    if (under_way > 0)
      return;
    if (problem)
      return again(*problem);
    auto whole = join_attachment(search.kind, bodies);
    if (!whole)
      return again({errc::unavailable, whole.error().message});
    done(std::move(whole));
  }

  void again(failure why) {
    if (++tries >= tries_max)
      return done(std::move(why));
    state.desk.at(state.now.steady + retry_after, [me = shared_from_this()] { me->look(); });
  }
};

} // namespace

result<std::vector<segment_record>> make_attached(job_id job, attached_kind kind, uint64_t generation,
                                                  std::string_view bytes, bool has_failed) {
  auto bodies = cut_attachment(kind, generation, bytes);
  if (!bodies)
    return bodies.error();
  std::vector<segment_record> out;
  const auto whole = body_hash(bytes);
  for (uint32_t part = 0; part < bodies->size(); ++part) {
    auto body = std::make_shared<const std::string>(std::move((*bodies)[part]));
    segment_meta meta{.id = {job, attached_index(kind, part)}, .stage = segment_stage::results};
    meta.first_item = generation;
    meta.items = 1;
    meta.failed = has_failed;
    meta.tokens = whole_of(static_cast<uint32_t>(bodies->size()), whole);
    meta.bytes = body->size();
    meta.hash = body_hash(*body);
    out.push_back({meta, std::move(body)});
  }
  return out;
}

void keep_attachment(jobs_state& state, replicator& copies, attachment_to_keep what, std::function<void(status)> done) {
  const auto* job = state.headers.find(what.job);
  auto parts = job ? make_attached(what.job, what.kind, what.generation, what.bytes, what.has_failed)
                   : result<std::vector<segment_record>>{failure{errc::unknown_job, "the job is gone"}};
  if (!parts)
    return state.desk.later([done = std::move(done), why = parts.error()] { done(why); });
  const auto it = std::make_shared<keeping>(state, copies);
  it->job = what.job;
  it->parts = std::move(*parts);
  it->durability = job->header.spec.durability;
  it->done = std::move(done);
  it->go_on();
}

void fetch_attachment(jobs_state& state, attachment_search search, std::function<void(result<attachment>)> done) {
  const auto it = std::make_shared<fetching>(state, std::move(search));
  it->done = std::move(done);
  it->look();
}

} // namespace weft
