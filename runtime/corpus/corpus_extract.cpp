#include "runtime/corpus/corpus_extract.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/job/record_bytes.hpp"

#include <algorithm>

namespace weft {

namespace {

/// A rank's distinct items by cluster, the nearest first, and which of them were offered and taken.
class offers {
public:
  offers(const corpus_shard& shard, const assigned_points& points, std::span<const uint8_t> duplicates, size_t clusters)
      : own_(clusters), next_(clusters) {
    for (size_t i = 0; i < shard.count(); ++i)
      if (!duplicates[i])
        own_[points.labels[i]].push_back({shard.items[i], points.similarities[i], shard.tokens[i]});
    for (auto& cluster : own_)
      std::sort(cluster.begin(), cluster.end(), is_nearer);
  }

  /// Up to so many of a cluster that fit, as a count and the candidates.
  void write(record_writer& out, uint32_t cluster, size_t count_max, uint64_t tokens_left) const {
    std::vector<extract_candidate> some;
    for (size_t i = next_[cluster]; i < own_[cluster].size() && some.size() < count_max; ++i)
      if (own_[cluster][i].tokens <= tokens_left)
        some.push_back(own_[cluster][i]);
    out.put(static_cast<uint32_t>(some.size()));
    for (const auto& each : some) {
      out.put(each.item);
      out.put(static_cast<uint32_t>(each.similarity));
      out.put(each.tokens);
    }
  }

  /// The last candidate that the filler was given; what is nearer is behind it.
  void pass(uint32_t cluster, const extract_candidate& last) {
    auto& next = next_[cluster];
    while (next < own_[cluster].size() && !is_nearer(last, own_[cluster][next]))
      ++next;
  }

private:
  std::vector<std::vector<extract_candidate>> own_; ///< [clusters]
  std::vector<size_t> next_;                        ///< [clusters]
};

/// What all ranks offer of one cluster.
struct offered {
  std::vector<extract_candidate> candidates;
  bool last = true; ///< no rank has more that fits
};

/// The first count_max of what the ranks offer next.
offered read_offers(std::vector<record_reader>& blocks, size_t count_max) {
  offered all;
  for (auto& block : blocks) {
    const auto count = block.number<uint32_t>();
    for (uint32_t i = 0; i < count && block.why().empty(); ++i) {
      extract_candidate each;
      each.item = block.number<uint32_t>();
      each.similarity = static_cast<int32_t>(block.number<uint32_t>());
      each.tokens = block.number<uint32_t>();
      all.candidates.push_back(each);
    }
    all.last = all.last && count < count_max;
  }
  std::sort(all.candidates.begin(), all.candidates.end(), is_nearer);
  if (all.candidates.size() > count_max) {
    all.candidates.resize(count_max);
    all.last = false;
  }
  return all;
}

/// One round: brings the filler what it misses.
status refill(corpus_group& group, extract_filler& filler, offers& own, std::span<const uint32_t> missing,
              uint32_t round_candidates) {
  const size_t count_max = std::max<size_t>(1, round_candidates / missing.size());
  record_writer out;
  for (const uint32_t cluster : missing)
    own.write(out, cluster, count_max, filler.tokens_left());
  const uint64_t bytes_max = missing.size() * (4 + uint64_t{12} * count_max) * group.ranks();
  const auto blocks = group.gather(out.take(), bytes_max);
  if (!blocks)
    return blocks.error();
  std::vector<record_reader> readers(blocks->begin(), blocks->end());
  for (const uint32_t cluster : missing) {
    const auto next = read_offers(readers, count_max);
    if (!next.candidates.empty())
      own.pass(cluster, next.candidates.back());
    filler.add(cluster, next.candidates, next.last);
  }
  for (auto& reader : readers) {
    reader.finish();
    if (!reader.why().empty())
      return group.leave({errc::internal, "candidates that another rank sent cannot be read"});
  }
  return ok;
}

} // namespace

result<std::vector<extract_pick>> plan_extract(corpus_group& group, const corpus_shard& shard,
                                               const assigned_points& points, std::span<const uint8_t> duplicates,
                                               std::span<const corpus_cluster> clusters,
                                               const extract_options& options) {
  WEFT_ASSERT(options.round_candidates > 0);
  std::vector<uint32_t> weights;
  for (const auto& cluster : clusters)
    weights.push_back(cluster.distinct);
  extract_filler filler(weights, options.tokens);
  offers own(shard, points, duplicates, clusters.size());
  while (true) {
    const auto missing = filler.run();
    if (missing.empty())
      break;
    if (auto go = group.go_on(); !go)
      return go.error();
    if (auto filled = refill(group, filler, own, missing, options.round_candidates); !filled)
      return filled.error();
  }
  auto picks = filler.take_picks();
  std::sort(picks.begin(), picks.end(), [](const auto& a, const auto& b) { return a.item < b.item; });
  return picks;
}

} // namespace weft
