#include "runtime/compute/cuda/engine/batch_run.hpp"

#include "runtime/compute/model/batch_fault.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace weft::cuda {

batch_run::batch_run(device_layer& device, const bert_shape& shape)
    : device_(device), shape_(shape), limit_(device.tokens_max()) {
  WEFT_ASSERT(device.slots() > 0);
  WEFT_ASSERT(device.tokens_max() >= shape.positions);
  for (uint32_t slot = 0; slot < device.slots(); ++slot)
    slots_free_.push_back(slot);
}

bool batch_run::has_room() const noexcept {
  return !slots_free_.empty() &&
         std::all_of(batches_.begin(), batches_.end(), [](const auto& b) { return b.all_started(); });
}

bool batch_run::oldest_done() const noexcept {
  WEFT_ASSERT(!batches_.empty());
  return parts_.empty() || device_.finished(parts_.front().slot);
}

std::optional<failure> batch_run::add(embed_batch batch, answer done) {
  if (batches_.empty())
    busy_since_ = std::chrono::steady_clock::now();
  auto& added = batches_.emplace_back();
  added.batch = std::move(batch);
  added.done = std::move(done);
  added.reason = find_fault(added.batch, shape_);
  try {
    if (!added.reason)
      added.out.values.resize(size_t{added.batch.sequences()} * shape_.hidden);
  } catch (const std::bad_alloc&) {
    added.reason = failure{errc::engine_failed, "no memory for the vectors of a batch"};
  }
  return start_parts();
}

std::optional<failure> batch_run::step() {
  WEFT_ASSERT(!batches_.empty());
  if (!parts_.empty())
    if (auto lost = collect_oldest())
      return lost;
  answer_complete();
  return start_parts();
}

std::optional<failure> batch_run::start_parts() {
  for (auto& batch : batches_)
    while (!batch.all_started()) {
      if (slots_free_.empty())
        return std::nullopt;
      const size_t before = parts_.size();
      if (auto lost = start_part(batch))
        return lost;
      if (parts_.size() == before && !batch.reason && !parts_.empty())
        return std::nullopt; // out of memory: what is under way may free some
    }
  return std::nullopt;
}

std::optional<failure> batch_run::start_part(running_batch& of) {
  const auto part = next_part(of.batch.offsets, of.next, limit_.tokens());
  const uint32_t slot = slots_free_.back();
  const std::span offsets(of.batch.offsets);
  const part_view view{std::span(of.batch.ids).subspan(offsets[part.first], offsets[part.last] - offsets[part.first]),
                       offsets.subspan(part.first, part.sequences() + 1),
                       std::span(of.batch.normalize).subspan(part.first, part.sequences())};
  if (auto started = device_.submit(slot, view); !started) {
    if (device_.is_lost(started.error()))
      return std::move(started.error());
    take_failure(of, part, std::move(started.error()));
    return std::nullopt;
  }
  slots_free_.pop_back();
  parts_.push_back({&of, part, slot});
  ++of.under_way;
  of.next = part.last;
  return std::nullopt;
}

std::optional<failure> batch_run::collect_oldest() {
  const auto oldest = parts_.front();
  auto& owner = *oldest.owner;
  const std::span values(owner.out.values);
  const auto collected = device_.collect(oldest.slot, values.subspan(size_t{oldest.part.first} * shape_.hidden,
                                                                     size_t{oldest.part.sequences()} * shape_.hidden));
  if (!collected && device_.is_lost(collected.error()))
    return collected.error();
  parts_.pop_front();
  slots_free_.push_back(oldest.slot);
  --owner.under_way;
  if (collected)
    limit_.part_done();
  else if (!owner.reason)
    owner.reason = collected.error();
  return std::nullopt;
}

/// Out of memory is tried again: once what is under way is done, then with smaller parts, down to one sequence.
void batch_run::take_failure(running_batch& of, batch_part part, failure reason) {
  if (reason.code == errc::overloaded && !parts_.empty())
    return;
  if (reason.code != errc::overloaded || part.sequences() == 1) {
    of.reason = std::move(reason);
    return;
  }
  do
    limit_.shrink();
  while (next_part(of.batch.offsets, of.next, limit_.tokens()).last == part.last);
}

void batch_run::answer_complete() {
  while (!batches_.empty() && batches_.front().all_started() && batches_.front().under_way == 0) {
    auto complete = std::move(batches_.front());
    batches_.pop_front();
    const auto now = std::chrono::steady_clock::now();
    const auto busy = now - std::exchange(busy_since_, now);
    if (complete.reason)
      complete.done({std::move(*complete.reason), busy});
    else
      complete.done({engine_output{std::move(complete.out)}, busy});
  }
}

void batch_run::fail_all(const failure& reason) {
  parts_.clear();
  for (auto& batch : batches_)
    batch.done({reason, {}, true});
  batches_.clear();
}

} // namespace weft::cuda
