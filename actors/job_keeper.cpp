#include "actors/job_keeper.hpp"

#include "actors/corpus_slip.hpp"
#include "actors/parent.hpp"
#include "actors/part_call.hpp"
#include "runtime/corpus_job/corpus_terms.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

constexpr auto publish_period = std::chrono::milliseconds{250};
constexpr auto load_pause = std::chrono::milliseconds{2'000};

/// What is under a number, taken out; null when it has gone.
template <class Slip> std::shared_ptr<Slip> take(std::map<uint64_t, std::shared_ptr<Slip>>& from, uint64_t number) {
  auto node = from.extract(number);
  return node ? std::move(node.mapped()) : nullptr;
}

template <class Slip> Slip* find(const std::map<uint64_t, std::shared_ptr<Slip>>& in, uint64_t number) {
  const auto found = in.find(number);
  return found == in.end() ? nullptr : found->second.get();
}

} // namespace

void job_keeper_state::start(const job_keeper_setup& setup) {
  setup_ = setup;
  const auto& options = setup.options;
  core_.emplace(options.self, options.core);
  runs_.emplace(job_runs_options{.self = options.self,
                                 .retry_after = options.retry_after,
                                 .retry_after_max = options.retry_after_max},
                [this](uint64_t run, context with, embed_request request) {
                  return submit(run, std::move(with), std::move(request));
                });
  load();
}

job_time job_keeper_state::now() const {
  const auto steady = self_->clock().now();
  if (setup_.options.now)
    return {steady, setup_.options.now()};
  return {steady, wall_time{std::chrono::duration_cast<std::chrono::milliseconds>(steady.time_since_epoch())}};
}

void job_keeper_state::pass(std::string_view place) const {
  if (setup_.options.failpoint)
    setup_.options.failpoint(place);
}

void job_keeper_state::load() {
  load_again_.reset();
  setup_.options.log->load([hdl = job_keeper_actor{self_}](result<job_log_contents> contents) {
    caf::anon_send(hdl, std::make_shared<job_event>(job_events::log_loaded{std::move(contents)}));
  });
}

void job_keeper_state::hear(job_event& event) {
  std::visit([this](auto& it) { on(it); }, event);
  act();
}

void job_keeper_state::hear(const cluster_view_ptr& cluster) {
  cluster_ = cluster;
  core_->set_members(cluster, now());
  act();
}

void job_keeper_state::on(job_events::open& event) {
  submissions_[event.submission] = std::move(event.slip);
  if (!event.opening.corpus.empty())
    event.opening.precision = class_of_model(event.opening.model);
  core_->open(event.submission, std::move(event.opening), now());
}

std::optional<numeric_class> job_keeper_state::class_of_model(const std::string& model) {
  if (!setup_.node)
    return std::nullopt;
  const auto& known = setup_.options.core.models;
  const auto& wanted = model.empty() && !known.empty() ? known.front() : model;
  const auto now = setup_.node->snapshot();
  const auto found = std::ranges::find(now->models, wanted, [](const model_status& it) { return it.info.name; });
  if (found != now->models.end() && found->state == model_state::ready)
    return found->info.precision;
  if (wiring_ && std::ranges::find(known, wanted) != known.end())
    self_->send(wiring_->keeper, want_atom_v, wanted);
  return std::nullopt;
}

void job_keeper_state::on(job_events::append& event) {
  core_->append(event.submission, std::move(event.texts), now());
}

void job_keeper_state::on(job_events::complete& event) {
  core_->complete(event.submission, now());
}

void job_keeper_state::on(job_events::abandon& event) {
  core_->abandon(event.submission, now());
  submissions_.erase(event.submission);
}

void job_keeper_state::on(job_events::get& event) {
  const auto number = ++numbers_;
  const auto question = event.slip->question;
  questions_[number] = std::move(event.slip);
  core_->look(number, question, now());
}

void job_keeper_state::on(job_events::list& event) {
  event.slip->answer(core_->list(event.slip->question, now()));
}

void job_keeper_state::on(job_events::cancel& event) {
  const auto number = ++numbers_;
  const auto question = event.slip->question;
  questions_[number] = std::move(event.slip);
  core_->cancel(number, question, now());
}

void job_keeper_state::on(job_events::watch& event) {
  watches_[event.watch] = std::move(event.slip);
  core_->watch(event.watch, event.which, event.period, now());
}

void job_keeper_state::on(job_events::unwatch& event) {
  core_->unwatch(event.watch);
  watches_.erase(event.watch);
}

void job_keeper_state::on(job_events::read& event) {
  readers_[event.reader] = std::move(event.slip);
  core_->read(event.reader, event.which, event.from, now());
}

void job_keeper_state::on(job_events::read_next& event) {
  core_->read_next(event.reader, now());
}

void job_keeper_state::on(job_events::unread& event) {
  core_->unread(event.reader);
  readers_.erase(event.reader);
}

void job_keeper_state::on(job_events::asked& event) {
  if (exchanges_.size() >= setup_.options.exchanges_max)
    return event.slip->answer(failure{errc::overloaded, "too many questions about jobs wait for an answer"});
  const auto number = ++numbers_;
  auto request = event.slip->question;
  exchanges_[number] = std::move(event.slip);
  core_->asked(number, std::move(request), now());
}

void job_keeper_state::on(job_events::answered& event) {
  if (event.answer && std::holds_alternative<records_kept>(*event.answer))
    pass("replica_kept");
  core_->answered(event.ticket, std::move(event.answer), now());
}

void job_keeper_state::on(job_events::read_corpus& event) {
  const auto number = ++numbers_;
  const auto question = event.slip->question;
  corpus_readers_[number] = std::move(event.slip);
  core_->read_corpus(number, question, now());
}

void job_keeper_state::on(job_events::rank_corpus& event) {
  const auto number = ++numbers_;
  auto query = event.slip->question;
  corpus_queries_[number] = std::move(event.slip);
  core_->rank_corpus(number, std::move(query), now());
}

void job_keeper_state::on(job_events::corpus& event) {
  core_->corpus(std::move(event.event), now());
}

void job_keeper_state::on(job_events::log_loaded& event) {
  if (!event.contents) {
    if (const auto& why = event.contents.error().message; load_problem_ != why)
      setup_.services->log("error", name, "the log of jobs cannot be read: " + (load_problem_ = why));
    load_again_ = self_->clock().now() + load_pause;
    return;
  }
  loaded_ = true;
  published_.reset(); // the node waits for it
  if (event.contents->was_damaged)
    setup_.services->log("warn", name, "the log of jobs was damaged: what is missing comes from other nodes");
  core_->loaded(*std::move(event.contents), now());
}

void job_keeper_state::on(job_events::log_written& event) {
  if (loaded_ && !event.outcome && event.outcome.error().code == errc::state_damaged) {
    // What this keeper remembers of the log is gone: the next one begins with what is left, and asks the others.
    return self_->quit(caf::make_error(caf::sec::runtime_error, event.outcome.error().message));
  }
  pass("log_written");
  core_->log_written(event.ticket, std::move(event.outcome), now());
}

void job_keeper_state::on(job_events::log_read& event) {
  core_->log_read(event.ticket, std::move(event.outcome), now());
}

void job_keeper_state::ran(uint64_t run, result<embed_result> outcome) {
  pass("run_ended");
  if (auto known = runs_->ended(run, std::move(outcome), self_->clock().now()))
    core_->ran(run, *std::move(known), now());
  act();
}

void job_keeper_state::drain() {
  core_->drain(now());
  act();
}

void job_keeper_state::tick() {
  const auto at = self_->clock().now();
  planned_.reset();
  if (load_again_ && *load_again_ <= at)
    load();
  runs_->tick(at);
  core_->tick(now());
  act();
}

void job_keeper_state::act() {
  // An effect may be answered in place, and that by further effects.
  for (auto effects = core_->take_effects(); !effects.empty(); effects = core_->take_effects())
    for (auto& effect : effects)
      std::visit([this](auto& it) { perform(it); }, effect);
  publish();
  plan();
}

void job_keeper_state::perform(write_log& effect) {
  setup_.options.log->write(
      std::move(effect.batch), [hdl = job_keeper_actor{self_}, ticket = effect.ticket](status outcome) {
        caf::anon_send(hdl, std::make_shared<job_event>(job_events::log_written{ticket, std::move(outcome)}));
      });
}

void job_keeper_state::perform(read_log& effect) {
  setup_.options.log->read(std::move(effect.ids), [hdl = job_keeper_actor{self_}, ticket = effect.ticket](
                                                      result<std::vector<std::optional<segment_record>>> outcome) {
    caf::anon_send(hdl, std::make_shared<job_event>(job_events::log_read{ticket, std::move(outcome)}));
  });
}

void job_keeper_state::perform(ask_node& effect) {
  const auto* to = [&]() -> const cluster_member* {
    if (!cluster_ || !setup_.options.link)
      return nullptr;
    const auto found = std::ranges::find(cluster_->members, effect.to, &cluster_member::node);
    return found == cluster_->members.end() ? nullptr : &*found;
  }();
  if (to == nullptr)
    return core_->answered(effect.ticket, failure{errc::unavailable, "the node has gone"}, now());
  setup_.options.link->ask(
      *to, std::move(effect.request), effect.within,
      [hdl = job_keeper_actor{self_}, ticket = effect.ticket](result<job_answer> answer) {
        caf::anon_send(hdl, std::make_shared<job_event>(job_events::answered{ticket, std::move(answer)}));
      });
}

void job_keeper_state::perform(answer_node& effect) {
  if (const auto slip = take(exchanges_, effect.exchange))
    slip->answer(std::move(effect.answer));
}

void job_keeper_state::perform(run_texts& effect) {
  if (auto problem = effect.is_try ? refused_try(effect.work->spec) : std::nullopt)
    return core_->ran(effect.run, run_outcome{std::move(*problem)}, now());
  runs_->start(effect);
}

/// A try for another node tells whether this one can compute texts, so one that would have to pass them on does not.
std::optional<failure> job_keeper_state::refused_try(const job_spec& spec) {
  const auto wanted = class_of(spec);
  if (!wanted)
    return std::nullopt;
  const auto own = class_of_model(spec.model);
  if (!own)
    return failure{errc::model_loading, "the model is not open on this node"};
  if (*own == *wanted)
    return std::nullopt;
  return other_class(*own, *wanted);
}

void job_keeper_state::perform(cancel_run& effect) {
  runs_->cancel(effect.run);
}

void job_keeper_state::perform(submission_opened& effect) {
  if (auto* slip = find(submissions_, effect.submission))
    slip->opened(effect.job);
}

void job_keeper_state::perform(submission_durable& effect) {
  pass("client_told");
  if (auto* slip = find(submissions_, effect.submission))
    slip->durable(effect.items);
}

void job_keeper_state::perform(submission_ended& effect) {
  if (const auto slip = take(submissions_, effect.submission))
    slip->end(std::move(effect.outcome));
}

void job_keeper_state::perform(cancel_answered& effect) {
  if (const auto slip = take(questions_, effect.question))
    slip->answer(std::move(effect.outcome));
}

void job_keeper_state::perform(reader_given& effect) {
  if (auto* slip = find(readers_, effect.reader))
    slip->page(std::move(effect.page));
}

void job_keeper_state::perform(reader_ended& effect) {
  if (const auto slip = take(readers_, effect.reader))
    slip->end(std::move(effect.outcome));
}

void job_keeper_state::perform(watch_told& effect) {
  if (auto* slip = find(watches_, effect.watch))
    slip->tell(std::move(effect.news));
}

void job_keeper_state::perform(want_corpus& effect) {
  // A slip that finds no group, or one that dies, answers itself.
  const auto slip =
      std::make_shared<corpus_slip>(std::move(effect.effect), [hdl = job_keeper_actor{self_}](corpus_event event) {
        caf::anon_send(hdl, std::make_shared<job_event>(job_events::corpus{std::move(event)}));
      });
  if (wiring_ && wiring_->device_group)
    self_->send(wiring_->device_group, slip);
}

void job_keeper_state::perform(corpus_read& effect) {
  if (const auto slip = take(corpus_readers_, effect.question))
    slip->answer(std::move(effect.outcome));
}

void job_keeper_state::perform(corpus_ranked& effect) {
  if (const auto slip = take(corpus_queries_, effect.question))
    slip->answer(std::move(effect.outcome));
}

call_ptr job_keeper_state::submit(uint64_t run, context with, embed_request request) {
  auto call =
      std::make_shared<part_call<job_keeper_actor>>(std::move(with), std::move(request), job_keeper_actor{self_}, run);
  if (wiring_)
    self_->send(wiring_->gateway, call_ptr{call});
  else
    call->fail({errc::unavailable, "the node is starting"});
  return call;
}

void job_keeper_state::plan() {
  auto wake = core_->next_wake();
  for (auto other : {runs_->next_wake(), load_again_, publish_again_})
    if (other && (!wake || *other < *wake))
      wake = other;
  if (!wake || (planned_ && *planned_ <= *wake))
    return;
  planned_ = wake;
  self_->delayed_send(self_, std::max(duration::zero(), *wake - self_->clock().now()), tick_atom_v);
}

void job_keeper_state::publish() {
  const auto at = self_->clock().now();
  if (published_ && at - *published_ < publish_period) {
    publish_again_ = *published_ + publish_period;
    return;
  }
  published_ = at;
  publish_again_.reset();
  setup_.desk->publish({.core = core_->counters(), .log = setup_.options.log->counters(), .kept = loaded_});
}

void job_keeper_state::wire(const wiring_ptr& wiring) {
  const auto first = !wiring_;
  wiring_ = wiring;
  if (first)
    end_with(self_, wiring->supervisor);
}

job_keeper_actor::behavior_type job_keeper(job_keeper_state::self_pointer self, const job_keeper_setup& setup) {
  auto& state = self->state;
  name_exceptions(self);
  state.start(setup);
  return {
      [&state](const job_event_ptr& event) { state.hear(*event); },
      [&state](const cluster_view_ptr& cluster) { state.hear(cluster); },
      [&state](computed_atom, uint64_t run, const embed_outcome_ptr& outcome) { state.ran(run, std::move(*outcome)); },
      [&state](drain_atom) { state.drain(); },
      [self](stop_atom) { self->quit(); },
      [&state](wire_atom, const wiring_ptr& wiring) { state.wire(wiring); },
      [&state](tick_atom) { state.tick(); },
  };
}

} // namespace weft
