#include "runtime/corpus/shard_assigner.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

namespace weft {

namespace {

class cpu_assigner final : public shard_assigner {
public:
  cpu_assigner(const corpus_shard& shard, uint32_t clusters)
      : dimensions_(shard.dimensions), shard_(shard.points, shard.dimensions, clusters) {}

  result<uint64_t> assign(std::span<const int8_t> centroids) override {
    return weft::assign(shard_, packed_columns(centroids, dimensions_));
  }
  const cluster_sums& sums() const noexcept override { return shard_.sums; }
  result<assigned_points> points() override { return assigned_points{shard_.labels, shard_.similarities}; }

private:
  const uint32_t dimensions_;
  kmeans_shard shard_;
};

/// Points that one engine has, or this thread once that has failed.
class engine_range {
public:
  engine_range(shared_points_ptr points, uint32_t clusters, corpus_engine engine)
      : points_(std::move(points)), engine_(std::move(engine)), sums_(clusters, points_->dimensions) {}

  /// Begins a step; finish() ends it. In between the engine computes.
  void start(std::span<const int8_t> before, std::span<const int8_t> centroids, bool wants_labels) {
    if (!here_)
      answer_ = engine_(
          {assign_work{points_, {before.begin(), before.end()}, {centroids.begin(), centroids.end()}, wants_labels}});
  }
  bool is_here() const noexcept { return here_.has_value(); }

  /// How many labels changed. The same arguments.
  uint64_t finish(std::span<const int8_t> before, std::span<const int8_t> centroids, bool wants_labels) {
    if (!here_) {
      auto answer = std::exchange(answer_, nullptr)();
      auto* const found = wanted_output<assign_output>(answer);
      if (found && is_possible(*found, wants_labels))
        return take(*found);
      take_over(before);
    }
    const bool moves = !std::ranges::equal(before, centroids);
    return moves ? weft::assign(*here_, packed_columns(centroids, points_->dimensions)) : 0;
  }

  const cluster_sums& sums() const noexcept { return here_ ? here_->sums : sums_; }
  /// REQUIRES: the last step wanted labels.
  void append_to(assigned_points& all) const {
    const auto& labels = here_ ? here_->labels : labels_;
    const auto& similarities = here_ ? here_->similarities : similarities_;
    all.labels.insert(all.labels.end(), labels.begin(), labels.end());
    all.similarities.insert(all.similarities.end(), similarities.begin(), similarities.end());
  }

private:
  uint64_t take(assign_output& found) {
    sums_.sums = std::move(found.sums);
    sums_.counts = std::move(found.counts);
    labels_ = std::move(found.labels);
    similarities_ = std::move(found.similarities);
    return found.changed;
  }

  void take_over(std::span<const int8_t> before) {
    engine_ = nullptr;
    here_.emplace(points_->values, points_->dimensions, static_cast<uint32_t>(sums_.counts.size()));
    if (!before.empty())
      weft::assign(*here_, packed_columns(before, points_->dimensions));
  }

  bool is_possible(const assign_output& found, bool wants_labels) const {
    const auto count = points_->count();
    if (found.sums.size() != sums_.sums.size() || found.counts.size() != sums_.counts.size() || found.changed > count)
      return false;
    if (std::ranges::any_of(found.counts, [](int32_t each) { return each < 0; }))
      return false;
    if (std::accumulate(found.counts.begin(), found.counts.end(), uint64_t{0}) != count)
      return false;
    const size_t labels = wants_labels ? count : 0;
    return found.labels.size() == labels && found.similarities.size() == labels &&
           std::ranges::all_of(found.labels, [&](uint32_t each) { return each < found.counts.size(); });
  }

  const shared_points_ptr points_;
  corpus_engine engine_;
  engine_answer answer_; ///< that is waited for
  cluster_sums sums_;
  std::vector<uint32_t> labels_;
  std::vector<int32_t> similarities_;
  std::optional<kmeans_shard> here_; ///< in place of the engine
};

class engines_assigner final : public shard_assigner {
public:
  engines_assigner(const std::shared_ptr<const corpus_shard>& shard, uint32_t clusters,
                   std::vector<corpus_engine> engines)
      : sums_(clusters, shard->dimensions) {
    const size_t count = shard->count();
    for (size_t e = 0; e < engines.size(); ++e) {
      const size_t first = count * e / engines.size(), end = count * (e + 1) / engines.size();
      if (first < end)
        ranges_.emplace_back(share_points(shard, first, end - first), clusters, std::move(engines[e]));
    }
  }

  result<uint64_t> assign(std::span<const int8_t> centroids) override {
    const uint64_t changed = step(centroids, false);
    last_.assign(centroids.begin(), centroids.end());
    std::ranges::fill(sums_.sums, 0);
    std::ranges::fill(sums_.counts, 0);
    for (const auto& range : ranges_)
      sums_.add(range.sums());
    return changed;
  }
  const cluster_sums& sums() const noexcept override { return sums_; }
  result<assigned_points> points() override {
    step(last_, true);
    assigned_points all;
    for (const auto& range : ranges_)
      range.append_to(all);
    return all;
  }

private:
  /// Ranges of this thread are assigned while engines compute the others.
  uint64_t step(std::span<const int8_t> centroids, bool wants_labels) {
    uint64_t changed = 0;
    for (auto& range : ranges_)
      range.start(last_, centroids, wants_labels);
    for (const bool here : {true, false}) {
      std::vector<engine_range*> those;
      for (auto& range : ranges_)
        if (range.is_here() == here)
          those.push_back(&range);
      for (auto* range : those)
        changed += range->finish(last_, centroids, wants_labels);
    }
    return changed;
  }

  std::vector<engine_range> ranges_;
  std::vector<int8_t> last_; ///< centroids of the last assign(); empty: there was none
  cluster_sums sums_;
};

} // namespace

std::unique_ptr<shard_assigner> make_cpu_assigner(const corpus_shard& shard, uint32_t clusters) {
  return std::make_unique<cpu_assigner>(shard, clusters);
}

std::unique_ptr<shard_assigner> make_engines_assigner(std::shared_ptr<const corpus_shard> shard, uint32_t clusters,
                                                      std::vector<corpus_engine> engines) {
  WEFT_ASSERT(!engines.empty());
  return std::make_unique<engines_assigner>(shard, clusters, std::move(engines));
}

} // namespace weft
