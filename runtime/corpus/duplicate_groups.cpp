#include "runtime/corpus/duplicate_groups.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/job/record_bytes.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace weft {

namespace {

constexpr uint32_t no_place = ~uint32_t{0};

/// Where an item is in the order by which a large cluster is cut.
struct band_key {
  int32_t similarity = 0;
  uint32_t item = 0;

  auto operator<=>(const band_key&) const = default;
};

/// Where the first band of a cluster begins: no key is below.
constexpr band_key lowest_key{std::numeric_limits<int32_t>::min(), 0};

struct ranked_key {
  band_key key;
  uint32_t rank = 0;
};

/// Clusters that have to be cut, in ascending order, and where each of their bands begins.
struct large_clusters {
  std::vector<uint32_t> clusters;
  std::vector<uint32_t> place_of; ///< [all clusters]: in `clusters`; no_place: not large
  std::vector<std::vector<band_key>> cuts;
  std::vector<std::vector<uint32_t>> counts; ///< [large]: of each band [bands, ranks]
};

/// [ranks, clusters]
result<std::vector<int32_t>> count_clusters(corpus_group& group, const assigned_points& points, uint32_t clusters) {
  std::vector<int32_t> counts(size_t{group.ranks()} * clusters);
  for (const uint32_t label : points.labels)
    ++counts[size_t{group.rank()} * clusters + label];
  if (auto met = group.sum(counts); !met)
    return met.error();
  return counts;
}

/// Similarities and items of this rank in the large clusters: [large] a count, then the pairs.
std::string write_keys(const corpus_shard& shard, const assigned_points& points, const large_clusters& large) {
  std::vector<std::vector<band_key>> keys(large.clusters.size());
  for (size_t i = 0; i < points.labels.size(); ++i)
    if (const uint32_t place = large.place_of[points.labels[i]]; place != no_place)
      keys[place].push_back({points.similarities[i], shard.items[i]});
  record_writer out;
  for (const auto& each : keys) {
    out.put(static_cast<uint32_t>(each.size()));
    for (const auto& key : each) {
      out.put(static_cast<uint32_t>(key.similarity));
      out.put(key.item);
    }
  }
  return out.take();
}

/// The keys of one large cluster on all ranks, in their order.
std::vector<ranked_key> read_keys(std::vector<record_reader>& blocks) {
  std::vector<ranked_key> keys;
  for (uint32_t r = 0; r < blocks.size(); ++r) {
    const auto count = blocks[r].number<uint32_t>();
    for (uint32_t i = 0; i < count && blocks[r].why().empty(); ++i) {
      const auto similarity = static_cast<int32_t>(blocks[r].number<uint32_t>());
      keys.push_back({{similarity, blocks[r].number<uint32_t>()}, r});
    }
  }
  std::sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return keys;
}

/// Whether there are as many keys of each rank as it has items in the cluster. counts: [ranks, clusters].
bool are_as_counted(std::span<const ranked_key> keys, std::span<const int32_t> counts, size_t clusters,
                    uint32_t cluster) {
  std::vector<int32_t> told(counts.size() / clusters);
  for (const auto& each : keys)
    ++told[each.rank];
  for (size_t r = 0; r < told.size(); ++r)
    if (told[r] != counts[r * clusters + cluster])
      return false;
  return true;
}

failure unreadable_keys() {
  return {errc::internal, "similarities that another rank sent cannot be read"};
}

/// item_counts: [ranks, clusters].
status cut_large(corpus_group& group, const corpus_shard& shard, const assigned_points& points,
                 std::span<const int32_t> item_counts, uint32_t items_max, large_clusters& large) {
  const auto blocks = group.gather(write_keys(shard, points, large),
                                   corpus_items_max * 8 + large.clusters.size() * 4 * uint64_t{group.ranks()});
  if (!blocks)
    return blocks.error();
  std::vector<record_reader> readers(blocks->begin(), blocks->end());
  for (size_t c = 0; c < large.clusters.size(); ++c) {
    const auto keys = read_keys(readers);
    if (!are_as_counted(keys, item_counts, large.place_of.size(), large.clusters[c]))
      return group.leave(unreadable_keys());
    std::vector<int32_t> similarities;
    for (const auto& each : keys)
      similarities.push_back(each.key.similarity);
    auto& cuts = large.cuts.emplace_back();
    auto& counts = large.counts.emplace_back();
    const auto begins = cut_bands(similarities, items_max);
    for (size_t b = 0; b < begins.size(); ++b) {
      cuts.push_back(b == 0 ? lowest_key : keys[begins[b]].key);
      const size_t end = b + 1 < begins.size() ? begins[b + 1] : keys.size();
      counts.resize(counts.size() + group.ranks());
      for (size_t i = begins[b]; i < end; ++i)
        ++counts[b * group.ranks() + keys[i].rank];
    }
  }
  for (auto& reader : readers) {
    reader.finish();
    if (!reader.why().empty())
      return group.leave(unreadable_keys());
  }
  return ok;
}

/// counts: [ranks].
void add_group(duplicate_groups& plan, uint32_t cluster, std::span<const uint32_t> counts) {
  duplicate_group added{.cluster = cluster};
  for (const uint32_t count : counts) {
    added.items += count;
    added.ranks += count > 0;
  }
  plan.groups.push_back(added);
  plan.counts.insert(plan.counts.end(), counts.begin(), counts.end());
}

} // namespace

std::vector<size_t> cut_bands(std::span<const int32_t> similarities, size_t items_max) {
  WEFT_ASSERT(items_max > 0);
  std::vector<size_t> begins{0};
  while (similarities.size() - begins.back() > items_max) {
    const size_t begin = begins.back();
    size_t end = begin + items_max;
    while (end > begin && similarities[end - 1] == similarities[end])
      --end;
    begins.push_back(end > begin ? end : begin + items_max);
  }
  return begins;
}

result<duplicate_groups> plan_duplicate_groups(corpus_group& group, const corpus_shard& shard,
                                               const assigned_points& points, uint32_t clusters,
                                               uint32_t group_items_max) {
  const auto counts = count_clusters(group, points, clusters);
  if (!counts)
    return counts.error();
  std::vector<uint32_t> totals(clusters);
  for (size_t i = 0; i < counts->size(); ++i)
    totals[i % clusters] += static_cast<uint32_t>((*counts)[i]);
  large_clusters large{.clusters = {}, .place_of = std::vector<uint32_t>(clusters, no_place), .cuts = {}, .counts = {}};
  for (uint32_t c = 0; c < clusters; ++c)
    if (totals[c] > group_items_max) {
      large.place_of[c] = static_cast<uint32_t>(large.clusters.size());
      large.clusters.push_back(c);
    }
  if (!large.clusters.empty())
    if (auto cut = cut_large(group, shard, points, *counts, group_items_max, large); !cut)
      return cut.error();

  duplicate_groups plan;
  std::vector<size_t> first_group(clusters); // of each cluster
  for (uint32_t c = 0; c < clusters; ++c) {
    first_group[c] = plan.groups.size();
    if (const uint32_t place = large.place_of[c]; place != no_place) {
      for (size_t b = 0; b < large.cuts[place].size(); ++b)
        add_group(plan, c, std::span(large.counts[place]).subspan(b * group.ranks(), group.ranks()));
    } else if (totals[c] > 0) {
      std::vector<uint32_t> of_ranks;
      for (size_t r = 0; r < group.ranks(); ++r)
        of_ranks.push_back(static_cast<uint32_t>((*counts)[r * clusters + c]));
      add_group(plan, c, of_ranks);
    }
  }
  plan.own.resize(plan.groups.size());
  for (uint32_t i = 0; i < points.labels.size(); ++i) {
    size_t found = first_group[points.labels[i]];
    if (const uint32_t place = large.place_of[points.labels[i]]; place != no_place) {
      const auto& cuts = large.cuts[place];
      const auto after = std::upper_bound(cuts.begin(), cuts.end(), band_key{points.similarities[i], shard.items[i]});
      found += static_cast<size_t>(after - cuts.begin()) - 1;
    }
    plan.own[found].push_back(i);
  }
  return plan;
}

} // namespace weft
