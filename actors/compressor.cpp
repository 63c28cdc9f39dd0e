#include "actors/compressor.hpp"

#include "actors/parent.hpp"
#include "actors/points_ask.hpp"
#include "runtime/base/item_failure.hpp"
#include "runtime/compress/policy.hpp"
#include "runtime/settings/settings_effects.hpp"

#include <algorithm>
#include <exception>
#include <optional>

namespace weft {
namespace {

// How soon a client that has gone frees its room.
constexpr auto sweep_period = std::chrono::milliseconds{100};
// A trial that takes longer came at the wrong time.
constexpr auto trial_max = std::chrono::seconds{60};

/// As who answers for text `index` of several says it.
failure of_item(failure reason, uint32_t index) {
  if (item_of(reason))
    return rename_item(std::move(reason), index);
  reason.message = "text " + std::to_string(index) + ": " + reason.message;
  reason.metadata.emplace_back("item", std::to_string(index));
  return reason;
}

/// On a thread aside: whatever the next step is, it leaves its outcome in the task.
void step_once(compress_task& task) {
  try {
    if (task.points)
      task.step = task.run.resume(*std::exchange(task.points, std::nullopt));
    else if (!task.vectors.empty())
      task.step = task.run.resume(std::exchange(task.vectors, {}));
    else
      task.step = task.run.start();
  } catch (const std::exception& thrown) {
    task.step = result<compress_step>{failure{errc::internal, std::string{"compressing failed: "} + thrown.what()}};
  }
}

} // namespace

void compressor_state::start(const compressor_setup& setup) {
  setup_ = setup;
  trials_ = compressor_trials{setup.options.trial_every};
}

void compressor_state::wire(const wiring_ptr& wiring) {
  if (!wiring_)
    end_with(self_, wiring->supervisor);
  wiring_ = wiring;
}

void compressor_state::hear(const std::string& model, const model_news& news) {
  if (news.state == model_state::ready)
    models_[model] = news.model;
  else
    models_.erase(model);
  if (news.state == model_state::unloaded)
    return;
  for (auto& [call, wanted] : std::exchange(parked_, {})) {
    if (wanted != model)
      parked_.emplace_back(std::move(call), std::move(wanted));
    else if (news.state == model_state::failed)
      call->fail({errc::model_unusable, news.problem});
    else
      begin(call, news.model);
  }
  pump();
}

void compressor_state::enter(const call_ptr& call, const std::string& model) {
  const auto known = models_.find(model);
  if (known != models_.end()) {
    begin(call, known->second);
    return pump();
  }
  self_->send(wiring_->keeper, want_atom_v, model);
  parked_.emplace_back(call, model);
  arm_timer();
}

void compressor_state::begin(const call_ptr& call, const model_ptr& model) {
  const auto& request = call->request();
  auto wanted = parse_parameters(request.options.compress);
  if (!wanted)
    return call->fail(std::move(wanted.error()));
  open_call open{.source = call, .model = model, .entered = now()};
  open.wanted = resolve(*std::move(wanted), policy_of(wiring_->effects.get()));
  const auto& info = model->info();
  open.result.model = info.name;
  open.result.model_version = info.version;
  open.result.precision = info.precision;
  open.missing = static_cast<uint32_t>(request.texts.size());
  open.result.items.resize(open.missing);
  const auto number = ++last_number_;
  for (uint32_t i = 0; i < open.missing; ++i)
    waiting_[static_cast<size_t>(call->context().priority)].emplace_back(number, i);
  calls_.emplace(number, std::move(open));
}

void compressor_state::pump() {
  for (auto& texts : waiting_)
    while (!texts.empty() && tasks_.size() < setup_.options.texts_max) {
      const auto [call, index] = texts.front();
      texts.pop_front();
      if (calls_.contains(call))
        begin_task(call, index);
    }
  arm_timer();
}

void compressor_state::begin_task(uint64_t call, uint32_t index) {
  auto& open = calls_.at(call);
  if (open.source->ended()) {
    calls_.erase(call);
    return;
  }
  if (open.source->context().deadline <= now())
    return fail_call(call, {errc::deadline_exceeded, "the deadline passed before the text had its turn"});
  open.result.times.queue = std::max(open.result.times.queue, std::chrono::nanoseconds{now() - open.entered});
  const auto& text = open.source->request().texts[index];
  auto count = [model = open.model](std::string_view piece) { return model->count_tokens(piece); };
  auto task = std::make_shared<compress_task>(
      compress_task{.source = open.source, .index = index, .run = compress_run(text, {open.wanted, std::move(count)})});
  const auto number = ++last_number_;
  tasks_.emplace(number, active_task{.task = std::move(task), .call = call});
  take_step(number);
}

void compressor_state::take_step(uint64_t number) {
  auto& task = tasks_.at(number).task;
  task->waiting_since = now();
  setup_.services->aside([task, number, hdl = compressor_actor{self_}] {
    step_once(*task);
    caf::anon_send(hdl, stepped_atom_v, number);
  });
}

void compressor_state::stepped(uint64_t number) {
  const auto found = tasks_.find(number);
  if (found == tasks_.end())
    return;
  auto& task = *found->second.task;
  const std::chrono::nanoseconds took = now() - task.waiting_since;
  (task.times.split.count() == 0 ? task.times.split : task.times.select) += took;
  if (task.source->ended()) {
    const auto call = found->second.call;
    forget_task(number);
    calls_.erase(call);
    return pump();
  }
  auto step = *std::exchange(task.step, std::nullopt);
  if (!step)
    return fail_task(number, std::move(step.error()));
  task.waiting_since = now();
  if (auto* texts = std::get_if<vectors_needed>(&*step))
    return need_vectors(number, std::move(*texts));
  if (auto* points = std::get_if<points_needed>(&*step))
    return need_points(number, std::move(points->work));
  finish(number, std::get<compress_output>(*std::move(step)));
}

void compressor_state::need_points(uint64_t number, engine_work work) {
  const auto open = calls_.find(tasks_.at(number).call);
  if (open == calls_.end())
    return forget_task(number);
  const auto& model = open->second.result.model;
  const auto pool = std::ranges::find(wiring_->pools, model, &tree_wiring::pool::model);
  if (pool == wiring_->pools.end())
    return fail_task(number, {errc::unavailable, "no pool serves the model '" + model + "'"});
  self_->send(pool->handle, std::make_shared<points_ask>(std::move(work), [number, hdl = compressor_actor{self_}](
                                                                              engine_reply reply) {
                caf::anon_send(hdl, computed_atom_v, number, std::make_shared<engine_reply>(std::move(reply)));
              }));
}

void compressor_state::computed(uint64_t number, engine_reply& reply) {
  const auto found = tasks_.find(number);
  if (found == tasks_.end())
    return;
  if (!reply.output)
    return fail_task(number, std::move(reply.output.error()));
  auto& task = *found->second.task;
  task.points = *std::move(reply.output);
  task.usage.device_seconds += std::chrono::duration<double>(reply.busy).count();
  task.times.points += now() - task.waiting_since;
  take_step(number);
}

void compressor_state::finish(uint64_t number, compress_output output) {
  const auto& active = tasks_.at(number);
  const auto& task = *active.task;
  output.report.times = task.times;
  auto& open = calls_.at(active.call);
  open.result.usage.tokens += task.usage.tokens;
  open.result.usage.device_seconds += task.usage.device_seconds;
  open.result.times.tokenize += task.times.split;
  open.result.times.infer += task.times.embed + task.times.points + task.times.select;
  auto& item = open.result.items[task.index];
  item.tokens = static_cast<uint32_t>(std::min<uint64_t>(output.report.source_tokens, UINT32_MAX));
  item.document = std::make_shared<const std::string>(encode(output));
  const auto call = active.call;
  learn(number, output.report);
  forget_task(number);
  if (--open.missing == 0) {
    open.source->reply(std::move(open.result));
    calls_.erase(call);
  }
  pump();
}

void compressor_state::learn(uint64_t number, const compress_report& report) {
  const auto& active = tasks_.at(number);
  const auto& text = active.task->text();
  const auto& source = *active.task->source;
  const auto& open = calls_.at(active.call);
  trials_.record(source, report, text.size(), active.task->run.trials());
  if (auto trial = trials_.next_trial(source, text, open.wanted, report.times.embed, now() + trial_max))
    self_->send(self_, std::move(trial), open.result.model);
}

void compressor_state::describe(const policy_ask_ptr& asked) const {
  asked->answer(trials_.describe(policy_of(wiring_ ? wiring_->effects.get() : nullptr)));
}

void compressor_state::fail_task(uint64_t number, failure reason) {
  const auto& active = tasks_.at(number);
  const auto call = active.call;
  auto named = of_item(std::move(reason), active.task->index);
  forget_task(number);
  fail_call(call, named);
  pump();
}

void compressor_state::fail_call(uint64_t number, const failure& reason) {
  auto open = calls_.extract(number);
  if (!open.empty())
    open.mapped().source->fail(reason);
}

void compressor_state::forget_task(uint64_t number) {
  const auto node = tasks_.extract(number);
  const auto& active = node.mapped();
  if (!active.holds_back)
    sentences_ -= active.sentences;
  std::erase_if(parts_, [&](const auto& part) {
    if (part.second.task != number)
      return false;
    if (const auto call = part.second.source.lock())
      call->cancel();
    return true;
  });
  admit_held_back();
}

void compressor_state::arm_timer() {
  if (calls_.empty() && parked_.empty() && parts_.empty())
    return;
  auto wake = now() + sweep_period;
  for (const auto& [number, part] : parts_)
    wake = std::min(wake, part.again_at);
  if (wake >= armed_)
    return;
  armed_ = wake;
  self_->delayed_send(self_, std::max(wake - now(), duration::zero()), tick_atom_v);
}

void compressor_state::tick() {
  // A later timer than the one that is armed now was set before it: it must not start a second row of timers.
  if (now() >= armed_)
    armed_ = time_point::max();
  const auto gone = [this](const call_ptr& call) {
    if (!call->ended() && call->context().deadline <= now())
      call->fail({errc::deadline_exceeded, "the deadline passed while the text was compressed"});
    return call->ended();
  };
  std::erase_if(parked_, [&gone](const auto& parked) { return gone(parked.first); });
  std::vector<uint64_t> tasks; // not those on a thread aside: they are looked at when they come back
  for (const auto& [number, active] : tasks_)
    if (gone(active.task->source) && (active.parts > 0 || active.holds_back))
      tasks.push_back(number);
  for (const auto number : tasks)
    forget_task(number);
  std::erase_if(calls_, [&](const auto& open) { return gone(open.second.source); });
  ask_again();
  pump();
}

void compressor_state::stop() {
  for (const auto& [call, model] : parked_)
    call->fail({errc::draining, "the node is stopping"});
  for (const auto& [number, open] : calls_)
    open.source->fail({errc::draining, "the node is stopping"});
  self_->quit();
}

compressor_actor::behavior_type compressor(compressor_state::self_pointer self, const compressor_setup& setup) {
  auto& state = self->state;
  state.start(setup);
  name_exceptions(self);
  return {
      [&state](const call_ptr& call, const std::string& model) { state.enter(call, model); },
      [&state](stepped_atom, uint64_t task) { state.stepped(task); },
      [&state](computed_atom, uint64_t part, const embed_outcome_ptr& outcome) { state.embedded(part, *outcome); },
      [&state](computed_atom, uint64_t task, const engine_reply_ptr& reply) { state.computed(task, *reply); },
      [&state](const std::string& model, const news_ptr& news) { state.hear(model, *news); },
      [&state](const policy_ask_ptr& asked) { state.describe(asked); },
      [&state](stop_atom) { state.stop(); },
      [&state](wire_atom, const wiring_ptr& wiring) { state.wire(wiring); },
      [&state](tick_atom) { state.tick(); },
  };
}

} // namespace weft
