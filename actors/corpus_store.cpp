#include "actors/corpus_store.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace weft {
namespace {

/// Of a segment beside its rows and tokens: its entry in the maps, its strings.
constexpr uint64_t segment_overhead = 256;

uint64_t bytes_of(uint64_t items, uint64_t dimensions) {
  return items * (dimensions * sizeof(float) + sizeof(uint32_t)) + segment_overhead;
}

uint64_t bytes_of(std::span<const planned_segment> share, uint64_t dimensions) {
  uint64_t out = 0;
  for (const auto& place : share)
    out += bytes_of(place.items, dimensions);
  return out;
}

/// Rows once more until they are points, points, numbers and tokens.
uint64_t run_bytes_of(uint64_t items, uint64_t dimensions) {
  return items * (dimensions * (sizeof(float) + 1) + 2 * sizeof(uint32_t));
}

uint64_t bytes_of(const corpus_shard& shard) {
  return run_bytes_of(shard.count(), shard.dimensions);
}

uint64_t run_bytes_of(std::span<const placed_segment> share) {
  uint64_t out = 0;
  for (const auto& each : share)
    out += run_bytes_of(each.vectors->items, each.vectors->dimensions);
  return out;
}

/// Keeps the shard for as long as somebody has its rows.
std::shared_ptr<const std::vector<float>> rows_of(const std::shared_ptr<const corpus_shard>& shard) {
  return {shard, &shard->rows};
}

} // namespace

uint64_t corpus_store::corpus::bytes() const noexcept {
  return segment_bytes + run_bytes + (shard ? bytes_of(*shard) : 0);
}

uint64_t corpus_store::use::bytes() const noexcept {
  uint64_t out = shard_bytes + dropped_bytes;
  for (const auto& it : former)
    out += it.shard.expired() ? 0 : it.bytes;
  return out;
}

void corpus_store::corpus::count_segments() {
  segment_bytes = 0;
  for (const auto& [key, segment] : segments) {
    const bool in_shard = shard && segment->values.get() == &shard->rows;
    segment_bytes += bytes_of(segment->items, in_shard ? 0 : segment->dimensions);
  }
}

/// That no corpus here has.
uint64_t corpus_store::bytes_beside() const noexcept {
  uint64_t out = held_;
  for (const auto& [job, it] : used_)
    out += it.bytes();
  return out;
}

uint64_t corpus_store::bytes() const noexcept {
  uint64_t out = bytes_beside();
  for (const auto& [job, it] : corpora_)
    out += it.bytes();
  return out;
}

std::vector<planned_segment> corpus_store::lacking(corpus& it, std::span<const planned_segment> share) const {
  std::vector<planned_segment> out;
  for (const auto& place : share)
    if (!it.segments.contains({place.segment, place.hash})) {
      out.push_back(place);
      it.wanted[place.segment] = place;
    }
  return out;
}

failure corpus_store::no_room(uint64_t bytes) const {
  return {errc::overloaded,
          "there is no memory for the vectors of this corpus: " + std::to_string(bytes >> 20) +
              " MiB are needed, corpora may have " + std::to_string(bytes_max_ >> 20) +
              " MiB on this node; add nodes, or raise jobs.corpus_memory_bytes_max",
          {{"limit", std::to_string(bytes_max_)}}};
}

result<std::vector<planned_segment>> corpus_store::plan_run(job_id job, std::span<const planned_segment> share) {
  auto& it = corpora_[job];
  it.is_run = true;
  it.wanted.clear();
  std::set<form> needed;
  for (const auto& place : share)
    needed.insert({place.segment, place.hash});
  if (!it.asked) // searches may have another share
    std::erase_if(it.segments, [&](const auto& each) { return !needed.contains(each.first); });
  it.count_segments();
  auto out = lacking(it, share);
  if (const auto dimensions = it.dimensions()) {
    const auto all = run_bytes_of(items_of(share), dimensions);
    const auto more = bytes_of(out, dimensions) + (all > it.run_bytes ? all - it.run_bytes : 0);
    if (const auto stays = bytes_that_stay(job); stays + more > bytes_max_)
      return no_room(stays + more);
  }
  return out;
}

status corpus_store::reserve_run(job_id job, std::span<const placed_segment> share) {
  auto& it = corpora_.at(job);
  const auto before = std::exchange(it.run_bytes, 0);
  const auto bytes = run_bytes_of(share);
  if (auto made = make_room(job, bytes); !made) {
    it.run_bytes = before;
    return made;
  }
  it.run_bytes = bytes;
  return ok;
}

uint64_t corpus_store::run_bytes(job_id job) const {
  const auto found = corpora_.find(job);
  return found == corpora_.end() ? 0 : found->second.run_bytes;
}

void corpus_store::hold(uint64_t bytes) {
  static_cast<void>(make_room({}, bytes)); // where there is none, what comes later is refused
  held_ += bytes;
}

void corpus_store::release(job_id job) {
  const auto found = corpora_.find(job);
  if (found == corpora_.end())
    return;
  found->second.is_run = false;
  found->second.run_bytes = 0;
  if (!found->second.asked)
    corpora_.erase(found);
}

result<std::vector<planned_segment>> corpus_store::plan_search(job_id job, std::span<const planned_segment> share,
                                                               time_point now) {
  auto& it = corpora_[job];
  it.asked = now;
  auto out = lacking(it, share);
  if (const auto dimensions = it.dimensions()) {
    const auto more = bytes_of(out, dimensions);
    if (const auto stays = bytes_that_stay(job); stays + more > bytes_max_)
      return no_room(stays + more);
  }
  return out;
}

std::shared_ptr<const corpus_shard> corpus_store::shard(job_id job, std::span<const planned_segment> share,
                                                        int32_t scale_exponent, time_point now) {
  const auto found = corpora_.find(job);
  if (found == corpora_.end())
    return nullptr;
  auto& it = found->second;
  it.asked = now;
  const bool is_same =
      it.shard && it.shard->scale_exponent == scale_exponent && std::ranges::equal(it.shard_share, share);
  return is_same ? it.shard : nullptr;
}

status corpus_store::reserve_shard(job_id job, std::span<const placed_segment> share) {
  const auto bytes = run_bytes_of(share);
  if (auto made = make_room(job, bytes); !made)
    return made;
  used_[job].shard_bytes = bytes;
  return ok;
}

void corpus_store::end_search(job_id job) {
  const auto found = used_.find(job);
  WEFT_ASSERT(found != used_.end());
  if (--found->second.searches == 0)
    used_.erase(found);
}

void corpus_store::drop(job_id job) {
  const auto found = corpora_.find(job);
  if (found == corpora_.end())
    return;
  if (const auto searched = used_.find(job); searched != used_.end())
    searched->second.dropped_bytes += found->second.bytes();
  corpora_.erase(found);
}

void corpus_store::keep_shard(job_id job, std::vector<planned_segment> share,
                              std::shared_ptr<const corpus_shard> shard) {
  const auto found = corpora_.find(job);
  if (found == corpora_.end())
    return; // it went meanwhile
  auto& it = found->second;
  std::map<form, corpus_segment_ptr> placed;
  size_t first = 0;
  for (const auto& place : share) {
    const auto known = it.segments.find({place.segment, place.hash});
    if (known != it.segments.end()) {
      auto moved = std::make_shared<corpus_segment>(*known->second);
      moved->values = rows_of(shard);
      moved->first_value = first;
      placed.emplace(known->first, std::move(moved));
    }
    first += size_t{place.items} * shard->dimensions;
  }
  // What has its rows in the former shard only would keep all of that.
  if (it.shard)
    std::erase_if(it.segments, [&](const auto& each) { return each.second->values.get() == &it.shard->rows; });
  for (auto& [key, segment] : placed)
    it.segments[key] = std::move(segment);
  // Other searches have the former shard until they end, and may outlast several of them.
  if (const auto searched = used_.find(job); it.shard && searched != used_.end()) {
    auto& former = searched->second.former;
    std::erase_if(former, [](const former_shard& each) { return each.shard.expired(); });
    former.push_back({it.shard, bytes_of(*it.shard)});
  }
  it.shard_points = share_points(shard, 0, shard->count());
  it.shard = std::move(shard);
  it.shard_share = std::move(share);
  it.count_segments();
}

void corpus_store::drop_idle(time_point since) {
  std::erase_if(corpora_, [&](const auto& each) {
    return may_go(each.first, each.second) && each.second.asked.value_or(since) <= since;
  });
}

std::optional<planned_segment> corpus_store::wanted(job_id job, uint32_t segment) const {
  const auto found = corpora_.find(job);
  if (found == corpora_.end())
    return std::nullopt;
  const auto place = found->second.wanted.find(segment);
  return place == found->second.wanted.end() ? std::nullopt : std::optional(place->second);
}

status corpus_store::add(job_id job, std::span<const corpus_segment_ptr> segments) {
  const auto found = corpora_.find(job);
  if (found == corpora_.end())
    return ok; // it went meanwhile
  auto& it = found->second;
  const auto is_wanted = [&](const corpus_segment& segment) {
    const auto place = it.wanted.find(segment.segment);
    return place != it.wanted.end() && place->second.hash == segment.hash;
  };
  uint64_t more = 0;
  for (const auto& each : segments) {
    if (it.dimensions() > 0 && each->dimensions != it.dimensions())
      return failure{errc::invalid_argument, "the corpus has vectors of " + std::to_string(it.dimensions()) +
                                                 " and of " + std::to_string(each->dimensions) +
                                                 " dimensions: embed all with one model"};
    if (is_wanted(*each))
      more += bytes_of(each->items, each->dimensions);
  }
  if (auto made = make_room(job, more); !made)
    return made;
  for (const auto& each : segments)
    if (is_wanted(*each)) {
      it.wanted.erase(each->segment);
      it.segments.emplace(form{each->segment, each->hash}, each);
      it.segment_bytes += bytes_of(each->items, each->dimensions);
    }
  return ok;
}

std::optional<std::vector<placed_segment>> corpus_store::find(job_id job,
                                                              std::span<const planned_segment> share) const {
  const auto found = corpora_.find(job);
  if (found == corpora_.end())
    return std::nullopt;
  std::vector<placed_segment> out;
  for (const auto& place : share) {
    const auto known = found->second.segments.find({place.segment, place.hash});
    if (known == found->second.segments.end() || known->second->items != place.items)
      return std::nullopt;
    out.push_back({place, known->second});
  }
  return out;
}

uint64_t corpus_store::bytes_that_stay(job_id keep) const {
  uint64_t out = bytes_beside();
  for (const auto& [job, it] : corpora_)
    if (job == keep || !may_go(job, it))
      out += it.bytes();
  return out;
}

status corpus_store::make_room(job_id keep, uint64_t more) {
  if (const auto stays = bytes_that_stay(keep); stays + more > bytes_max_)
    return no_room(stays + more);
  for (auto used = bytes(); used + more > bytes_max_;) {
    auto oldest = corpora_.end();
    for (auto at = corpora_.begin(); at != corpora_.end(); ++at)
      if (at->first != keep && may_go(at->first, at->second) &&
          (oldest == corpora_.end() || at->second.asked < oldest->second.asked))
        oldest = at;
    WEFT_ASSERT(oldest != corpora_.end()); // else what stays would not have fitted
    used -= oldest->second.bytes();
    corpora_.erase(oldest);
  }
  return ok;
}

} // namespace weft
