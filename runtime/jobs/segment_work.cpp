#include "runtime/jobs/segment_work.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/item_failure.hpp"
#include "runtime/corpus_job/corpus_terms.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <string>
#include <utility>

namespace weft {

segment_work::segment_work(std::shared_ptr<const segment_texts> texts, uint64_t first_item)
    : texts_(std::move(texts)), first_item_(first_item) {
  WEFT_ASSERT(texts_ != nullptr);
  WEFT_ASSERT(!texts_->texts.empty());
  class_ = class_of(texts_->spec);
  const auto count = texts_->texts.size();
  results_.items.resize(count);
  settled_.resize(count);
  slices_.emplace_back(count);
  std::iota(slices_.front().begin(), slices_.front().end(), 0u);
}

std::vector<uint32_t> segment_work::take_slice(uint64_t bytes_max) {
  if (slices_.empty())
    return {};
  auto slice = std::move(slices_.front());
  slices_.pop_front();
  uint64_t bytes = texts_->texts[slice.front()].size();
  const auto end = std::find_if(slice.begin() + 1, slice.end(),
                                [&](uint32_t item) { return (bytes += texts_->texts[item].size()) > bytes_max; });
  if (end != slice.end())
    slices_.emplace_front(end, slice.end());
  slice.erase(end, slice.end());
  return slice;
}

run_outcome segment_work::checked(run_outcome outcome) const {
  if (!outcome || !class_ || outcome->precision == *class_)
    return outcome;
  return other_class(outcome->precision, *class_);
}

/// That nobody who is there computes in the job's class passes: the node has asked those that may.
failure_kind segment_work::kind_of_run(errc code) const noexcept {
  return class_ && code == errc::other_identity ? failure_kind::passing : kind_of(code);
}

std::optional<failure_kind> segment_work::ran(const std::vector<uint32_t>& items, run_outcome outcome) {
  WEFT_ASSERT(!items.empty());
  if (outcome && outcome->items.size() != items.size())
    outcome = failure{errc::internal, "a run answered with another number of items"};
  if (!outcome) {
    const auto kind = kind_of_run(outcome.error().code);
    if (kind == failure_kind::passing) {
      slices_.push_front(items);
    } else if (kind == failure_kind::about_node) {
      unfit_ = true;
      unfit_reason_ = outcome.error();
      slices_.push_front(items);
      for (const auto& slice : std::exchange(slices_, {}))
        for (const auto item : slice)
          suspect(item, outcome.error().code, outcome.error().message);
    } else {
      split(items, outcome.error());
    }
    return kind;
  }
  if (!computed_alike(*outcome))
    compute_again();
  take_over_kind(*outcome);
  for (size_t place = 0; place < items.size(); ++place) {
    auto& item = outcome->items[place];
    const auto message = named(items[place], static_cast<uint32_t>(place), item.message);
    if (!item.failed())
      settle(items[place], std::move(item));
    else if (kind_of(item.code) == failure_kind::about_text)
      fail(items[place], item.code, message);
    else
      suspect(items[place], item.code, message);
  }
  return std::nullopt;
}

/// The item that is to blame is settled, stands alone from here on, or is in one of two halves.
void segment_work::split(const std::vector<uint32_t>& items, const failure& reason) {
  auto blamed = item_of(reason);
  if (items.size() == 1)
    blamed = 0;
  if (blamed && *blamed < items.size()) {
    const auto item = items[*blamed];
    auto rest = items;
    rest.erase(rest.begin() + *blamed);
    if (!rest.empty())
      slices_.push_front(std::move(rest));
    const auto message = rename_item(reason, static_cast<uint32_t>(first_item_ + item)).message;
    if (kind_of(reason.code) == failure_kind::about_text)
      fail(item, reason.code, message);
    else if (items.size() == 1)
      suspect(item, reason.code, message);
    else
      slices_.push_front({item});
    return;
  }
  const auto middle = items.begin() + static_cast<std::ptrdiff_t>(items.size() / 2);
  slices_.emplace_front(middle, items.end());
  slices_.emplace_front(items.begin(), middle);
}

segment_texts segment_work::suspects_work() const {
  segment_texts work;
  work.spec = texts_->spec;
  for (const auto item : suspects_)
    work.texts.push_back(texts_->texts[item]);
  return work;
}

bool segment_work::tried_elsewhere(segment_results results) {
  if (results.items.size() != suspects_.size())
    return false;
  const bool alike = computed_alike(results);
  const auto& items = results.items;
  const bool any_result = std::ranges::any_of(items, [](const auto& item) { return !item.failed(); });
  if (alike && any_result)
    take_over_kind(results);
  const auto tried = std::exchange(suspects_, {});
  for (size_t place = 0; place < tried.size(); ++place) {
    auto& item = results.items[place];
    const auto message = named(tried[place], static_cast<uint32_t>(place), item.message);
    if (!item.failed() && alike)
      settle(tried[place], std::move(item));
    else if (!item.failed())
      suspect(tried[place], errc::other_identity, "another node computes it differently");
    else if (kind_of(item.code) == failure_kind::about_text)
      fail(tried[place], item.code, message);
    else
      suspect(tried[place], item.code, message);
  }
  return true;
}

void segment_work::give_up(uint32_t nodes) {
  std::vector<uint32_t> again;
  for (const auto item : std::exchange(suspects_, {})) {
    const auto& last = results_.items[item];
    if (kind_of(last.code) == failure_kind::about_node)
      again.push_back(item);
    else
      fail(item, last.code, last.message + " (tried on " + std::to_string(nodes) + (nodes == 1 ? " node)" : " nodes)"));
  }
  unfit_ = false;
  if (!again.empty())
    slices_.push_back(std::move(again));
}

segment_results segment_work::take_results() {
  WEFT_ASSERT(done());
  if (!has_kind_) // all have failed
    results_.model = texts_->spec.model;
  if (!texts_->spec.corpus.empty())
    results_.texts = texts_->texts; // results take the place of texts, and people read some of a corpus's
  return std::move(results_);
}

void segment_work::settle(uint32_t item, item_outcome outcome) {
  WEFT_ASSERT(!settled_[item]);
  settled_[item] = true;
  ++settled_count_;
  results_.items[item] = std::move(outcome);
}

void segment_work::fail(uint32_t item, errc code, const std::string& message) {
  item_outcome outcome;
  outcome.code = code;
  outcome.message = message;
  settle(item, std::move(outcome));
}

void segment_work::suspect(uint32_t item, errc code, const std::string& message) {
  results_.items[item].code = code;
  results_.items[item].message = message;
  suspects_.insert(std::ranges::lower_bound(suspects_, item), item);
}

bool segment_work::computed_alike(const segment_results& other) const {
  return (!class_ || *class_ == other.precision) &&
         (!has_kind_ || (results_.model_version == other.model_version && results_.precision == other.precision));
}

void segment_work::take_over_kind(const segment_results& other) {
  has_kind_ = true;
  results_.model = other.model;
  results_.model_version = other.model_version;
  results_.precision = other.precision;
  results_.usage.tokens += other.usage.tokens;
  results_.usage.device_seconds += other.usage.device_seconds;
}

/// What is settled with a result was computed in the former way: one segment has one way.
void segment_work::compute_again() {
  std::vector<uint32_t> again;
  for (uint32_t item = 0; item < settled_.size(); ++item) {
    if (!settled_[item] || results_.items[item].failed())
      continue;
    settled_[item] = false;
    --settled_count_;
    results_.items[item] = {};
    again.push_back(item);
  }
  results_.usage = {};
  if (!again.empty())
    slices_.push_front(std::move(again));
}

/// A message that begins with "text PLACE" is about the item's place in the job.
std::string segment_work::named(uint32_t item, uint32_t place, const std::string& message) const {
  failure reason{errc::internal, message, {{"item", std::to_string(place)}}};
  return rename_item(std::move(reason), static_cast<uint32_t>(first_item_ + item)).message;
}

} // namespace weft
