#include "runtime/jobs/jobs_parts.hpp"

#include "runtime/job/record_codec.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace weft {
namespace {

using namespace std::chrono_literals;

/// Of results that are computed and not safe yet: above, no new runs start until other nodes have taken some.
constexpr uint64_t unsafe_result_bytes_max = 64 << 20;

execution_options execution_options_of(const jobs_options& options) {
  return {.runs_max = options.runs_max};
}

repair_options repair_options_of(node_id self, const jobs_options& options) {
  return {.synced = options.single_node ? 1 : options.durability.synced,
          .repair_after = options.repair_after,
          .compare_period = options.compare_period,
          .repair_period = options.repair_period,
          .seed = static_cast<uint64_t>(self)};
}

/// job: what is known of the segment's; null: nothing. Where two nodes took a corpus job at once, in two classes, what
/// all know of it counts.
result<std::shared_ptr<const segment_texts>> texts_of(result<segment_record> record, const job_header* job) {
  if (!record)
    return std::move(record.error());
  if (record->meta.stage != segment_stage::texts)
    return failure{errc::unavailable, "its results are there already"};
  auto texts = decode_texts(*record->body);
  if (!texts)
    return std::move(texts.error());
  if (job && !job->spec.corpus.empty())
    texts->spec.corpus = job->spec.corpus;
  return std::make_shared<const segment_texts>(std::move(*texts));
}

} // namespace

jobs_core::parts::parts(node_id self, jobs_options options)
    : state(self, std::move(options)),
      keeper(state, {.on_segment = [this](const segment_meta& meta) { segment_kept(meta); },
                     .on_header = [this](const job_header& header) { header_changed(header); },
                     .on_late = [this](segment_id) { ++counted.late_results; }}),
      lanes(state), copies(state, keeper, lanes),
      submissions(state, keeper, copies, [this](segment_id id) { damaged(id); }),
      progress(state, keeper, copies, [this](job_id id) { corpora.desk.embedded(id); }),
      retirement(state, keeper, copies), reader_finder(state, keeper), watch_finder(state, keeper),
      watches(state, [this](job_id id) { return corpora.standing(id); }),
      readers(state, [this](segment_id id) { damaged(id); }),
      requests(state, keeper, [this](segment_id id) { damaged(id); }), execution(execution_options_of(state.options)),
      duty(state, {.offer = [this](const segment_meta& meta, priority p, wall_time created,
                                   bool taken_over) { execution.offer(meta, p, created, taken_over); },
                   .withdraw = [this](segment_id id) { execution.withdraw(id); },
                   .withdraw_job = [this](job_id id) { execution.withdraw_job(id); },
                   .fetch = [this](segment_id id) { repair.attend(id, state.now.steady); }}),
      repair(self, source(), repair_options_of(self, state.options)),
      corpora(state, keeper, copies,
              {.outcome_kept = [this](job_id id) { progress.look_again(id); },
               .damaged = [this](segment_id id) { damaged(id); }}) {}

repair_source jobs_core::parts::source() {
  repair_source out;
  out.each_header = [this](const std::function<void(const job_header&)>& visit) {
    for (const auto& [id, job] : state.headers.all())
      visit(job.header);
  };
  out.each_segment = [this](const std::function<void(const segment_meta&)>& visit) {
    for (const auto& [job, kept] : state.segments.jobs())
      for (const auto& [index, meta] : kept)
        visit(meta);
  };
  out.header = [this](job_id id) {
    const auto* job = state.headers.find(id);
    return job ? &job->header : nullptr;
  };
  out.segment = [this](segment_id id) { return state.segments.find(id); };
  out.owners = [this](segment_id id) { return state.places.owners(id, state.copies_of(id.job)); };
  return out;
}

void jobs_core::parts::begin(job_time now) {
  state.now.steady = std::max(state.now.steady, now.steady);
  state.now.wall = now.wall;
}

void jobs_core::parts::finish() {
  bool goes_on = true;
  while (goes_on) {
    state.desk.settle();
    if (is_loaded && copies.unsafe_result_bytes() <= unsafe_result_bytes_max)
      execution.tick(state.now.steady);
    const bool more = pass_on_execution();
    goes_on = pass_on_repair() || more;
    goes_on = corpora.desk.pass_on() || goes_on;
    lanes.pump();
    goes_on = goes_on || state.desk.has_more();
  }
}

void jobs_core::parts::tick() {
  state.desk.fire(state.now.steady);
  copies.tick();
  progress.tick();
  retirement.tick();
  watches.tick();
  duty.tick();
  corpora.tick();
  if (is_loaded) // before, it would fetch everything
    repair.tick(state.now.steady);
}

std::optional<time_point> jobs_core::parts::next_wake() const {
  auto out = state.desk.next_timer();
  if (!is_loaded)
    return out;
  for (const auto& next :
       {lanes.next_wake(), copies.next_wake(), progress.next_wake(), retirement.next_wake(), watches.next_wake(),
        duty.next_wake(), execution.next_wake(), repair.next_wake(), corpora.next_wake()})
    sooner(out, next);
  return out;
}

std::vector<group_worker> jobs_core::parts::workers_in(const cluster_view& view) const {
  std::vector<group_worker> out;
  for (const auto& member : view.members)
    if (member.region == state.options.region && takes_work(member.condition))
      out.push_back({.node = member.node, .boot = member.epoch});
  return out;
}

void jobs_core::parts::segment_kept(const segment_meta& meta) {
  if (meta.stage == segment_stage::results) {
    progress.segment_finished(meta.id);
    readers.segment_finished(meta.id);
  }
  duty.segment_kept(meta);
  if (!state.places.live().empty() && !state.places.owns(state.self, meta.id, state.copies_of(meta.id.job)))
    repair.attend(meta.id, state.now.steady);
}

void jobs_core::parts::header_changed(const job_header& header) {
  duty.header_changed(header);
  progress.header_changed(header);
  retirement.changed();
  submissions.header_changed(header);
  watches.header_changed(header.id);
  readers.header_changed(header);
  corpora.header_changed(header);
}

void jobs_core::parts::damaged(segment_id id) {
  keeper.lost(id);
  duty.segment_dropped(id);
  repair.attend(id, state.now.steady);
}

void jobs_core::parts::look(uint64_t question, const job_question& which, const status& asked) {
  const auto found = asked ? state.headers.look(which) : result<const header_table::entry*>{asked.error()};
  if (!found)
    return state.desk.want(cancel_answered{question, found.error()});
  auto job = state.headers.status_of(**found);
  corpora.find_standing(job.header, [this, question, job](std::optional<corpus_standing> standing) mutable {
    job.corpus = std::move(standing);
    state.desk.want(cancel_answered{question, std::move(job)});
  });
}

void jobs_core::parts::cancel(uint64_t question, const job_question& which) {
  const auto found = state.headers.look(which);
  if (!found)
    return state.desk.want(cancel_answered{question, found.error()});
  auto header = (*found)->header;
  if (!is_end(header.state)) {
    header.state = job_state::cancelled;
    header.ended = state.now.wall;
    header.stamp = state.stamp();
  }
  // Also one that has ended: it may have done so here alone.
  const copy_goal goal{header.spec.durability, state.now.steady + state.options.open_within};
  copies.publish(std::move(header), goal, [this, question, id = which.id](const status& outcome) {
    const auto* job = state.headers.find(id);
    if (!outcome)
      state.desk.want(cancel_answered{question, outcome.error()});
    else if (job)
      state.desk.want(cancel_answered{question, state.headers.status_of(*job)});
    else
      state.desk.want(cancel_answered{question, failure{errc::unknown_job, "the job is gone"}});
  });
}

bool jobs_core::parts::pass_on_execution() {
  auto effects = execution.take_effects();
  for (auto& effect : effects)
    std::visit([this](auto& wanted) { pass_on(wanted); }, effect);
  return !effects.empty();
}

void jobs_core::parts::pass_on(want_texts& wanted) {
  const auto id = wanted.segment;
  auto nodes = state.places.ranked(id); // others only where this node's disk fails
  std::erase(nodes, state.self);
  nodes.insert(nodes.begin(), state.self);
  find_record(state, {id, segment_stage::texts, std::move(nodes), [this](segment_id lost) { damaged(lost); }},
              [this, id](result<segment_record> record) {
                const auto* job = state.headers.find(id.job);
                execution.texts(id, texts_of(std::move(record), job ? &job->header : nullptr), state.now.steady);
              });
}

void jobs_core::parts::pass_on(start_run& wanted) {
  state.desk.want(run_texts{wanted.run, std::move(wanted.work), std::move(wanted.items), wanted.is_try});
}

void jobs_core::parts::pass_on(stop_run& wanted) {
  state.desk.want(cancel_run{wanted.run});
}

void jobs_core::parts::pass_on(try_elsewhere& wanted) {
  state.desk.ask_for<texts_tried>(wanted.node, try_texts{std::move(wanted.work)}, state.options.try_within,
                                  [this, ticket = wanted.ticket](result<texts_tried> answer) {
                                    execution.tried(ticket, std::move(answer), state.now.steady);
                                  });
}

void jobs_core::parts::pass_on(weft::segment_finished& wanted) {
  const auto* job = state.headers.find(wanted.segment.job);
  if (!job || is_end(job->header.state))
    return;
  wanted.results.computed_by = state.self;
  for (const auto& item : wanted.results.items)
    ++(item.failed() ? counted.items_failed : counted.items_done);
  auto record = make_record(wanted.segment, wanted.first_item, wanted.results);
  record.meta.stamp = state.stamp();
  // As long as it takes: texts stay where results have not come, and the job ends when both copies are there.
  copies.secure(std::move(record), {job->header.spec.durability}, [](const status&) {});
}

void jobs_core::parts::pass_on(answer_try& wanted) {
  if (wanted.outcome)
    state.desk.want(answer_node{wanted.exchange, job_answer{std::move(*wanted.outcome)}});
  else
    state.desk.want(answer_node{wanted.exchange, std::move(wanted.outcome.error())});
}

bool jobs_core::parts::pass_on_repair() {
  auto effects = repair.take_effects();
  for (auto& effect : effects)
    std::visit([this](auto& wanted) { pass_on(wanted); }, effect);
  return !effects.empty();
}

void jobs_core::parts::pass_on(repair_ask& wanted) {
  state.desk.ask(wanted.to, std::move(wanted.request), wanted.within,
                 [this, ticket = wanted.ticket](result<job_answer> answer) {
                   repair.answered(ticket, std::move(answer), state.now.steady);
                 });
}

void jobs_core::parts::pass_on(repair_read& wanted) {
  state.desk.read_log(std::move(wanted.ids), [this, ticket = wanted.ticket](auto records) {
    repair.read(ticket, std::move(records), state.now.steady);
  });
}

void jobs_core::parts::pass_on(repair_take& wanted) {
  keeper.keep(std::move(wanted.headers), std::move(wanted.segments), [](const status&) {});
}

void jobs_core::parts::pass_on(repair_drop& wanted) {
  for (const auto id : wanted.ids)
    duty.segment_dropped(id);
  keeper.drop(wanted.ids);
}

} // namespace weft
