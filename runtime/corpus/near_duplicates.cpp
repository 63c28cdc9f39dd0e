#include "runtime/corpus/near_duplicates.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/job/record_bytes.hpp"

#include <algorithm>

namespace weft {

namespace {

/// Which rank compares each group of a round: the one that has it all, else the one with the least to do so far.
class work_shares {
public:
  explicit work_shares(uint32_t ranks) : pairs_(ranks) {}

  uint32_t rank_for(const duplicate_groups& groups, size_t group) {
    size_t rank = 0;
    if (groups.groups[group].ranks == 1)
      while (groups.count(group, rank) == 0)
        ++rank;
    else
      rank = static_cast<size_t>(std::min_element(pairs_.begin(), pairs_.end()) - pairs_.begin());
    pairs_[rank] += uint64_t{groups.groups[group].items} * groups.groups[group].items;
    return static_cast<uint32_t>(rank);
  }

private:
  std::vector<uint64_t> pairs_;
};

std::string write_pairs(std::span<const near_duplicate> pairs) {
  record_writer out;
  for (const auto& pair : pairs) {
    out.put(pair.item);
    out.put(pair.kept);
  }
  return out.take();
}

} // namespace

result<near_duplicates> near_duplicates::plan(corpus_group& group, const corpus_shard& shard,
                                              const assigned_points& points, uint32_t clusters,
                                              const duplicate_options& options, duplicate_checkpoint from,
                                              std::vector<corpus_engine> engines) {
  auto groups = plan_duplicate_groups(group, shard, points, clusters, options.group_items_max);
  if (!groups)
    return groups.error();
  if (from.groups_done > groups->groups.size())
    return failure{errc::state_damaged, "a checkpoint has compared more groups than the corpus has: begin anew"};
  return near_duplicates(shard, options, std::move(from), std::move(*groups), std::move(engines));
}

/// The group after the round's last. By all items, wherever they are: rounds are the same for every division.
size_t near_duplicates::round_end() const {
  size_t end = checkpoint_.groups_done;
  uint64_t bytes = 0;
  do
    bytes += groups_.groups[end++].items * row_bytes(shard_.dimensions);
  while (end < groups_.groups.size() &&
         bytes + groups_.groups[end].items * row_bytes(shard_.dimensions) <= options_.round_bytes_max);
  return end;
}

std::string near_duplicates::rows_of(size_t group) const {
  std::string block;
  block.reserve(groups_.own[group].size() * row_bytes(shard_.dimensions));
  for (const uint32_t i : groups_.own[group])
    append_row(block, shard_.items[i], shard_.point(i));
  return block;
}

status near_duplicates::round(corpus_group& group) {
  WEFT_ASSERT(!done());
  const size_t end = round_end();
  std::string mine;
  uint64_t travelling = 0;
  for (size_t g = checkpoint_.groups_done; g < end; ++g)
    if (groups_.groups[g].ranks > 1) {
      mine += rows_of(g);
      travelling += groups_.groups[g].items * row_bytes(shard_.dimensions);
    }
  std::vector<std::string> blocks(group.ranks());
  if (travelling > 0) {
    auto gathered = group.gather(mine, travelling);
    if (!gathered)
      return gathered.error();
    blocks = std::move(*gathered);
  }
  const auto found = compare(group, end, blocks);
  if (!found)
    return group.leave(found.error());
  uint64_t items = 0;
  for (size_t g = checkpoint_.groups_done; g < end; ++g)
    items += groups_.groups[g].items;
  const auto pairs = group.gather(write_pairs(*found), items * 8);
  if (!pairs)
    return pairs.error();
  return take(*pairs, end);
}

/// Compares those of the round's groups that are this rank's. blocks: [ranks], travelling groups one after the other.
result<std::vector<near_duplicate>> near_duplicates::compare(const corpus_group& group, size_t end,
                                                             std::span<const std::string> blocks) {
  std::vector<size_t> read(group.ranks());
  work_shares shares(group.ranks());
  for (size_t g = checkpoint_.groups_done; g < end; ++g) {
    const bool is_mine = shares.rank_for(groups_, g) == group.rank();
    std::vector<std::string_view> parts;
    std::string own;
    if (groups_.groups[g].ranks > 1)
      for (size_t r = 0; r < group.ranks(); ++r) {
        const size_t size = groups_.count(g, r) * row_bytes(shard_.dimensions);
        if (size > blocks[r].size() - read[r])
          return failure{errc::internal, "points that another rank sent are cut"};
        parts.push_back(std::string_view(blocks[r]).substr(read[r], size));
        read[r] += size;
      }
    else if (is_mine)
      parts.push_back(own = rows_of(g));
    if (!is_mine || groups_.groups[g].items < 2)
      continue;
    auto rows = merge_rows(parts, shard_.dimensions);
    if (!rows)
      return rows.error();
    comparer_.add(std::move(*rows));
  }
  return comparer_.take();
}

status near_duplicates::take(std::span<const std::string> blocks, size_t end) {
  auto found = checkpoint_.found;
  for (const auto& block : blocks) {
    record_reader in{block};
    for (size_t i = 0; i < block.size() / 8; ++i) {
      const auto item = in.number<uint32_t>();
      found.push_back({item, in.number<uint32_t>()});
    }
  }
  std::sort(found.begin(), found.end());
  checkpoint_ = {static_cast<uint32_t>(end), std::move(found)};
  return ok;
}

} // namespace weft
