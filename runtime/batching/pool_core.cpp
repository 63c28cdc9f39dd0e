#include "runtime/batching/pool_core.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/batching/retry.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace weft {
namespace {

constexpr uint8_t chunk_tries_max = 3;
// Long enough for a batch or two to leave the queue.
constexpr std::chrono::milliseconds queue_retry_after{50};
// Nobody knows what comes in the meantime.
constexpr std::chrono::milliseconds late_retry_max{5'000};
// How often a full queue looks for calls whose clients have gone.
constexpr std::chrono::milliseconds room_sweep_period{10};
// Reading weights takes a second or a few.
constexpr std::chrono::milliseconds load_retry_after{1000};

failure queue_full(const batch_queue& queue) {
  return {errc::overloaded,
          "the pool's queue is full: " + std::to_string(queue.items_held()) + " texts with up to " +
              std::to_string(queue.tokens_held()) + " tokens wait",
          {},
          queue_retry_after};
}

failure too_late(duration late) {
  auto retry = std::chrono::ceil<std::chrono::milliseconds>(late);
  return {errc::overloaded,
          "what waits ahead takes about " + std::to_string(retry.count()) +
              " ms longer than the call's deadline allows",
          {},
          std::clamp(retry, queue_retry_after, late_retry_max)};
}

failure still_loading() {
  return {errc::model_loading, "the model is being loaded, and the queue behind it is full", {}, load_retry_after};
}

failure expired_call(const open_call& call) {
  return {errc::deadline_exceeded, "the deadline passed with " + std::to_string(call.missing) + " of " +
                                       std::to_string(call.result.items.size()) + " texts not computed"};
}

failure engine_failure(const batch_item& item, const std::string& why) {
  return {errc::engine_failed,
          "text " + std::to_string(item.index) + " failed in the engine " + std::to_string(item.tries) +
              " times: " + why,
          {{"item", std::to_string(item.index)}}};
}

} // namespace

pool_core::pool_core(pool_core_options options) : options_(std::move(options)), queue_(options_.queue) {
  WEFT_ASSERT(options_.cost != nullptr);
  WEFT_ASSERT(options_.chunk_items > 0);
}

void pool_core::enter(call_ptr call, time_point now) {
  if (call->ended())
    return call->fail({errc::cancelled, "the client cancelled the call"});
  if (call->context().deadline <= now)
    return call->fail({errc::deadline_exceeded, "the deadline had passed when the call arrived"});
  if (call->context().priority != priority::batch)
    interactive_until_ = now + options_.interactive_for;
  auto id = ledger_.open(call, now);
  ledger_.find(id)->tokens_cap = model_ ? model_->tokens_max : options_.tokens_cap;
  auto cost = cost_of(*call, ledger_.find(id)->tokens_cap);
  auto late = lateness(*call, queue_.cost_until_done(call->context().priority, cost), now);
  if (late > duration::zero() && queue_.ready())
    return fail(id, too_late(late));
  auto refused = reserve(*call, id, cost);
  if (refused != errc::none && now >= next_room_sweep_) {
    // Calls whose clients have gone shall not keep others out. But a look at all calls for each that is refused would
    // make a refusal cost more than an answer.
    next_room_sweep_ = now + room_sweep_period;
    sweep(now);
    if (ledger_.find(id) == nullptr)
      return; // cancelled in this very moment
    refused = reserve(*call, id, cost);
  }
  if (refused != errc::none)
    return fail(id, model_ ? queue_full(queue_) : still_loading());
  auto level = call->context().priority;
  chunk_turns_.add(id, level, cost);
}

errc pool_core::reserve(const call& call, uint64_t id, uint64_t cost) {
  return queue_.open(id, call.context().priority, ledger_.find(id)->missing, cost);
}

uint64_t pool_core::cost_of(const call& call, uint32_t tokens_cap) const {
  uint64_t cost = 0;
  for (const auto& text : call.request().texts)
    cost += options_.cost(text.size(), tokens_cap);
  return cost;
}

duration pool_core::lateness(const call& call, uint64_t cost_until_done, time_point now) const {
  auto deadline = call.context().deadline;
  if (!options_.refuse_late || deadline == time_point::max() || !rate_.known())
    return {};
  return std::max(now + rate_.time_of(computing_cost_ + cost_until_done + batch_cost_) - deadline, duration::zero());
}

bool pool_core::hopeless(uint64_t id, time_point now) const {
  const auto* open = ledger_.find(id);
  return lateness(*open->call, queue_.cost_left(id), now) > duration::zero();
}

std::optional<text_chunk> pool_core::next_chunk() {
  while (!lost_chunks_.empty()) {
    auto chunk = std::move(lost_chunks_.front());
    lost_chunks_.pop_front();
    if (ledger_.find(chunk.call) != nullptr)
      return chunk;
  }
  if (chunk_turns_.empty())
    return std::nullopt;
  auto id = chunk_turns_.next();
  auto& call = *ledger_.find(id);
  const auto& texts = call.call->request().texts;
  text_chunk chunk{.call = id, .source = call.call, .first = call.cut};
  uint64_t bytes = 0;
  do {
    bytes += texts[call.cut].size() + 1; // an empty text costs a turn as well
    ++call.cut;
  } while (call.cut < texts.size() && call.cut - chunk.first < options_.chunk_items &&
           bytes + texts[call.cut].size() < chunk_bytes_max);
  chunk.count = call.cut - chunk.first;
  chunk_turns_.charge(id, bytes);
  if (call.cut == texts.size())
    chunk_turns_.remove(id);
  return chunk;
}

void pool_core::tokenized(tokenized_chunk done, time_point now) {
  auto* call = ledger_.find(done.call);
  if (call == nullptr)
    return;
  if (done.problem)
    return fail(done.call, std::move(*done.problem));
  const auto& request = call->call->request();
  call->result.times.tokenize += done.elapsed;
  auto waits_since = std::min(now, call->opened + done.elapsed);
  for (uint32_t i = 0; i < done.sequences.size(); ++i) {
    auto index = done.first + i;
    queue_.push({.call = done.call,
                 .index = index,
                 .normalize = request.options.normalize,
                 .waits_since = waits_since,
                 .sequence = std::move(done.sequences[i])},
                options_.cost(request.texts[index].size(), call->tokens_cap));
  }
}

void pool_core::chunk_lost(text_chunk chunk) {
  if (ledger_.find(chunk.call) == nullptr)
    return;
  if (++chunk.tries >= chunk_tries_max)
    return fail(chunk.call, {errc::internal, "tokenizers died on texts " + std::to_string(chunk.first) + " to " +
                                                 std::to_string(chunk.first + chunk.count - 1)});
  lost_chunks_.push_back(std::move(chunk));
}

batch_ptr pool_core::next_batch(const batch_limits& limits, time_point now) {
  expire(now);
  std::vector<uint64_t> gone;
  auto ended = [&](uint64_t id) {
    auto is = ledger_.ended(id) || hopeless(id, now);
    if (is)
      gone.push_back(id);
    return is;
  };
  auto next = std::make_shared<batch>();
  do {
    gone.clear();
    *next = queue_.take(limits, ended);
    for (auto id : gone)
      if (const auto* open = ledger_.find(id); open != nullptr) // it may have been asked about more than once
        fail(id, open->call->ended() ? failure{errc::cancelled, "the client cancelled the call"}
                                     : too_late(lateness(*open->call, queue_.cost_left(id), now)));
  } while (next->items.empty() && !gone.empty());
  if (next->items.empty()) {
    rate_.dispatched(false, now);
    return nullptr;
  }
  next->id = ++last_batch_;
  next->dispatched = now;
  batch_cost_ = queue_.taken_cost();
  computing_[next->id] = {next, batch_cost_};
  computing_cost_ += batch_cost_;
  rate_.dispatched(queue_.ready(), now);
  return next;
}

void pool_core::computed(uint64_t batch_id, engine_reply reply, time_point now) {
  auto found = computing_.find(batch_id);
  if (found == computing_.end())
    return;
  auto [done, cost] = std::move(found->second);
  computing_.erase(found);
  computing_cost_ -= cost;
  rate_.done(cost, now);
  expire(now);
  if (!reply.output)
    return retry(*done, reply.output.error().message);
  const auto* vectors = std::get_if<embed_vectors>(&*reply.output);
  if (vectors == nullptr || vectors->values.empty() || vectors->values.size() % done->items.size() != 0)
    return retry(*done, "the engine answered with " + std::to_string(vectors ? vectors->values.size() : 0) +
                            " values for " + std::to_string(done->items.size()) + " texts");
  store(*done, *vectors, reply.busy);
}

void pool_core::store(const batch& done, const embed_vectors& vectors, std::chrono::nanoseconds busy) {
  auto dimensions = vectors.values.size() / done.items.size();
  auto seconds = std::chrono::duration<double>(busy).count();
  items_done_ += done.items.size();
  tokens_done_ += done.tokens;
  for (size_t i = 0; i < done.items.size(); ++i) {
    const auto& item = done.items[i];
    auto* call = ledger_.find(item.call);
    if (call == nullptr)
      continue; // cancelled or expired while it was computed
    batch_item_outcome outcome{.values = std::span{vectors.values}.subspan(i * dimensions, dimensions),
                               .waited = done.dispatched - item.waits_since,
                               .busy = busy,
                               .device_seconds =
                                   seconds * static_cast<double>(item.tokens()) / static_cast<double>(done.tokens)};
    if (ledger_.store(*call, item, outcome))
      finish(item.call, *call);
  }
}

void pool_core::retry(const batch& failed, const std::string& why) {
  std::vector<batch_item> items;
  std::ranges::copy_if(failed.items, std::back_inserter(items),
                       [&](const batch_item& item) { return ledger_.find(item.call) != nullptr; });
  auto plan = plan_retry(std::move(items));
  for (auto& group : plan.groups)
    queue_.push_retry(std::move(group));
  for (const auto& item : plan.lost)
    if (ledger_.find(item.call) != nullptr) // two lost items may be of one call
      fail(item.call, engine_failure(item, why));
}

void pool_core::batch_lost(uint64_t batch_id, bool started) {
  auto found = computing_.find(batch_id);
  if (found == computing_.end())
    return;
  auto [lost, cost] = std::move(found->second);
  computing_.erase(found);
  computing_cost_ -= cost;
  if (started)
    return retry(*lost, "the worker died");
  batch again;
  for (const auto& item : lost->items)
    if (ledger_.find(item.call) != nullptr)
      again.add(item);
  if (!again.items.empty())
    queue_.push_retry(std::move(again));
}

void pool_core::sweep(time_point now) {
  expire(now);
  for (auto id : ledger_.abandoned())
    fail(id, {errc::cancelled, "the client cancelled the call"});
}

void pool_core::expire(time_point now) {
  for (auto id : ledger_.expired(now))
    fail(id, expired_call(*ledger_.find(id)));
}

void pool_core::fail_all(const failure& reason) {
  for (auto id : ledger_.all())
    fail(id, reason);
}

void pool_core::fail(uint64_t id, failure reason) {
  // A call that is just entering has no place in the queue yet.
  auto dropped = queue_.is_open(id) ? queue_.close(id) : 0;
  if (reason.code == errc::deadline_exceeded)
    drops_.expired += dropped;
  if (reason.code == errc::cancelled)
    drops_.cancelled += dropped;
  if (reason.code == errc::overloaded)
    drops_.late += dropped;
  if (chunk_turns_.contains(id))
    chunk_turns_.remove(id);
  auto call = ledger_.find(id)->call;
  ledger_.close(id);
  call->fail(std::move(reason));
}

void pool_core::finish(uint64_t id, open_call& call) {
  auto answered = call.call;
  auto result = std::move(call.result);
  if (model_) {
    result.model = model_->name;
    result.model_version = model_->version;
    result.precision = model_->precision;
  }
  auto left = queue_.close(id);
  WEFT_ASSERT(left == 0);
  ledger_.close(id);
  answered->reply(std::move(result));
}

} // namespace weft
