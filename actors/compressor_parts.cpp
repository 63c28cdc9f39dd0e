#include "actors/compressor.hpp"
#include "actors/part_call.hpp"
#include "runtime/batching/overload_retry.hpp"

#include <algorithm>
#include <utility>

// The sentences of a text: room for their vectors, and the calls that ask for them.
namespace weft {
namespace {

// Texts of one call for sentences: enough for full batches, few enough that the first come back early.
constexpr size_t part_texts_max = 256;
// Such calls of one text at once: the engine has the next ones while the last are answered. One that was refused and
// waits is among them, so a full node is not asked for more.
constexpr uint32_t parts_a_task = 4;

/// A sentence's own place says nothing to who sent the text.
failure without_item(failure reason) {
  std::erase_if(reason.metadata, [](const auto& pair) { return pair.first == "item"; });
  return reason;
}

} // namespace

void compressor_state::need_vectors(uint64_t number, vectors_needed needed) {
  auto& active = tasks_.at(number);
  active.texts = std::move(needed.texts);
  active.texts_asked = active.texts_answered = 0;
  active.task->vectors.resize(active.texts.size());
  if (active.sentences > 0)
    return ask_parts(number);
  active.sentences = needed.texts_all;
  active.holds_back = true;
  held_back_.push_back(number);
  admit_held_back();
}

void compressor_state::admit_held_back() {
  while (!held_back_.empty()) {
    const auto number = held_back_.front();
    const auto found = tasks_.find(number);
    if (found != tasks_.end()) {
      const auto more = found->second.sentences;
      if (sentences_ > 0 && sentences_ + more > setup_.options.sentences_max)
        return;
      sentences_ += more;
      found->second.holds_back = false;
    }
    held_back_.pop_front();
    if (found != tasks_.end())
      ask_parts(number);
  }
}

void compressor_state::ask_parts(uint64_t number) {
  auto& active = tasks_.at(number);
  if (!calls_.contains(active.call)) // another of its texts has failed
    return forget_task(number);
  while (active.parts < parts_a_task && active.texts_asked < active.texts.size()) {
    const auto count = std::min(part_texts_max, active.texts.size() - active.texts_asked);
    const auto part = ++last_number_;
    const auto made = parts_.emplace(part, open_part{.task = number, .first = active.texts_asked, .count = count});
    active.texts_asked += count;
    ++active.parts;
    ask(part, made.first->second);
  }
}

// REQUIRES: the task's call is open.
void compressor_state::ask(uint64_t number, open_part& part) {
  const auto& active = tasks_.at(part.task);
  const auto& source = *active.task->source;
  embed_request request{.model = calls_.at(active.call).result.model, .texts = {}, .options = {}};
  request.options.cached = source.request().options.cached;
  // Copies: the same texts are asked for again if this is refused.
  const auto first = active.texts.begin() + static_cast<std::ptrdiff_t>(part.first);
  request.texts.assign(first, first + static_cast<std::ptrdiff_t>(part.count));
  auto call = std::make_shared<part_call<compressor_actor>>(source.context(), std::move(request),
                                                            compressor_actor{self_}, number);
  part.source = call;
  part.again_at = time_point::max();
  ++part.tries;
  self_->send(wiring_->gateway, call_ptr{std::move(call)});
}

void compressor_state::ask_again() {
  std::vector<uint64_t> lost; // tasks whose call has ended in this very moment
  for (auto& [number, part] : parts_) {
    if (part.again_at > now())
      continue;
    if (calls_.contains(tasks_.at(part.task).call))
      ask(number, part);
    else
      lost.push_back(part.task);
  }
  for (const auto task : lost)
    if (tasks_.contains(task)) // it may have had several
      forget_task(task);
}

void compressor_state::embedded(uint64_t part, result<embed_result>& outcome) {
  const auto known = parts_.find(part);
  if (known == parts_.end())
    return;
  const auto number = known->second.task;
  auto& active = tasks_.at(number);
  if (!outcome) {
    const auto deadline = active.task->source->context().deadline;
    if (const auto again = next_try(outcome.error(), known->second.tries, now(), deadline, {.call = part})) {
      known->second.again_at = *again;
      return arm_timer();
    }
  }
  const auto first = known->second.first;
  parts_.erase(known);
  --active.parts;
  if (!outcome)
    return fail_task(number, without_item(std::move(outcome.error())));
  const auto open = calls_.find(active.call);
  if (open == calls_.end())
    return forget_task(number);
  if (outcome->model_version != open->second.result.model_version ||
      outcome->precision != open->second.result.precision)
    return fail_task(number, {errc::model_loading, "the model has changed while the text was compressed"});
  auto& task = *active.task;
  task.usage.tokens += outcome->usage.tokens;
  task.usage.device_seconds += outcome->usage.device_seconds;
  for (size_t i = 0; i < outcome->items.size(); ++i)
    task.vectors.at(first + i) = std::move(outcome->items[i].values);
  active.texts_answered += outcome->items.size();
  if (active.texts_answered < active.texts.size())
    return ask_parts(number);
  task.times.embed += now() - task.waiting_since;
  active.texts = {}; // their vectors are there: the memory is for others
  take_step(number);
}

} // namespace weft
