#include "runtime/corpus/shard_assigner.hpp"

#include "runtime/points/product_kernels.hpp"

#include <utility>
#include <variant>

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

class engine_assigner final : public shard_assigner {
public:
  engine_assigner(const corpus_shard& shard, uint32_t clusters, std::function<result<engine_output>(engine_work)> run)
      : shard_(shard), run_(std::move(run)), labels_(shard.count(), no_cluster), sums_(clusters, shard.dimensions) {}

  result<uint64_t> assign(std::span<const int8_t> centroids) override {
    if (shard_.count() == 0)
      return uint64_t{0};
    auto output =
        run_(kmeans_work{shard_.dimensions, shard_.points, std::vector<int8_t>(centroids.begin(), centroids.end()), 1});
    if (!output)
      return output.error();
    auto* const found = std::get_if<kmeans_output>(&*output);
    if (!found || found->labels.size() != shard_.count() || found->similarities.size() != shard_.count())
      return failure{errc::engine_failed, "an engine answered k-means with something else"};
    uint64_t changed = 0;
    for (size_t i = 0; i < labels_.size(); ++i) {
      if (found->labels[i] >= sums_.counts.size())
        return failure{errc::engine_failed, "an engine gave a point a cluster that is not there"};
      if (found->labels[i] == labels_[i])
        continue;
      ++changed;
      if (labels_[i] != no_cluster)
        move(i, labels_[i], -1);
      move(i, labels_[i] = found->labels[i], 1);
    }
    similarities_ = std::move(found->similarities);
    return changed;
  }
  const cluster_sums& sums() const noexcept override { return sums_; }
  result<assigned_points> points() override { return assigned_points{labels_, similarities_}; }

private:
  void move(size_t index, uint32_t cluster, int32_t sign) {
    best_product_kernels().add_row(shard_.point(index).data(), shard_.dimensions, sign,
                                   sums_.sums.data() + size_t{cluster} * shard_.dimensions);
    sums_.counts[cluster] += sign;
  }

  const corpus_shard& shard_;
  const std::function<result<engine_output>(engine_work)> run_;
  std::vector<uint32_t> labels_;
  std::vector<int32_t> similarities_;
  cluster_sums sums_;
};

} // namespace

std::unique_ptr<shard_assigner> make_cpu_assigner(const corpus_shard& shard, uint32_t clusters) {
  return std::make_unique<cpu_assigner>(shard, clusters);
}

std::unique_ptr<shard_assigner> make_engine_assigner(const corpus_shard& shard, uint32_t clusters,
                                                     std::function<result<engine_output>(engine_work)> run) {
  return std::make_unique<engine_assigner>(shard, clusters, std::move(run));
}

} // namespace weft
