#include "runtime/corpus/shard_search.hpp"

#include "runtime/job/record_bytes.hpp"
#include "runtime/points/packed_columns.hpp"
#include "runtime/points/quantize.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace weft {

namespace {

bool is_larger(const search_hit& a, const search_hit& b) {
  return a.product != b.product ? a.product > b.product : a.item < b.item;
}

bool is_better(const search_hit& a, const search_hit& b) {
  return a.score != b.score ? a.score > b.score : a.item < b.item;
}

uint32_t candidates_of(const search_options& options) {
  return std::max(options.count, options.candidates);
}

template <class Before> void keep_first(std::vector<search_hit>& hits, size_t count, Before before) {
  const auto end = hits.begin() + static_cast<ptrdiff_t>(std::min(count, hits.size()));
  std::partial_sort(hits.begin(), end, hits.end(), before);
  hits.erase(end, hits.end());
}

/// The largest products of one query so far.
class best_products {
public:
  explicit best_products(size_t count) : count_(count) {}

  /// REQUIRES: items come in ascending order, so that an equal product is never better.
  void offer(uint32_t item, int32_t product) {
    if (hits_.size() == count_ && product <= hits_.front().product)
      return;
    if (hits_.size() == count_) {
      std::pop_heap(hits_.begin(), hits_.end(), is_larger); // the front is the worst
      hits_.pop_back();
    }
    hits_.push_back({item, product, 0});
    std::push_heap(hits_.begin(), hits_.end(), is_larger);
  }
  std::vector<search_hit> take() {
    std::sort_heap(hits_.begin(), hits_.end(), is_larger);
    return std::move(hits_);
  }

private:
  const size_t count_;
  std::vector<search_hit> hits_;
};

/// Sum in double in the order of the dimensions; -1 where it is no number, so that hits always have an order.
double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t d = 0; d < a.size(); ++d)
    sum += double{a[d]} * double{b[d]};
  return std::isfinite(sum) ? sum : -1;
}

/// Of one hit that travels.
constexpr uint64_t hit_bytes = 16;

void put_hits(record_writer& out, const std::vector<search_hit>& hits) {
  out.put(static_cast<uint32_t>(hits.size()));
  for (const auto& hit : hits) {
    out.put(hit.item);
    out.put(static_cast<uint32_t>(hit.product));
    out.put(hit.score);
  }
}

std::vector<search_hit> read_hits(record_reader& in) {
  std::vector<search_hit> hits;
  const auto count = in.number<uint32_t>();
  for (uint32_t i = 0; i < count && in.why().empty(); ++i) {
    search_hit hit;
    hit.item = in.number<uint32_t>();
    hit.product = static_cast<int32_t>(in.number<uint32_t>());
    hit.score = in.real();
    hits.push_back(hit);
  }
  return hits;
}

/// Gathers what all ranks found for some queries and appends the best of each.
status merge_slice(corpus_group& group, std::span<const std::vector<search_hit>> mine, uint64_t bytes_max,
                   const search_options& options, std::vector<std::vector<search_hit>>& best) {
  record_writer out;
  for (const auto& hits : mine)
    put_hits(out, hits);
  const auto blocks = group.gather(out.take(), bytes_max);
  if (!blocks)
    return blocks.error();
  std::vector<record_reader> readers(blocks->begin(), blocks->end());
  for (size_t q = 0; q < mine.size(); ++q) {
    std::vector<std::vector<search_hit>> parts;
    for (auto& reader : readers)
      parts.push_back(read_hits(reader));
    best.push_back(merge_hits(parts, options));
  }
  for (auto& reader : readers) {
    reader.finish();
    if (!reader.why().empty())
      return group.leave({errc::internal, "hits that another rank sent cannot be read"});
  }
  return ok;
}

} // namespace

status check_search(const corpus_shard& shard, std::span<const float> queries, const search_options& options) {
  const auto refuse = [](std::string why) { return failure{errc::invalid_argument, std::move(why)}; };
  if (shard.dimensions == 0 || queries.empty() || queries.size() % shard.dimensions != 0)
    return refuse("a search needs queries of " + std::to_string(shard.dimensions) +
                  " dimensions: embed them with the corpus's model");
  if (queries.size() / shard.dimensions > search_queries_max)
    return refuse("a search takes " + std::to_string(search_queries_max) + " queries at most: ask in several");
  if (options.count == 0 || candidates_of(options) > search_candidates_max)
    return refuse("a search gives 1 to " + std::to_string(search_candidates_max) + " hits and candidates a query");
  return ok;
}

std::vector<std::vector<search_hit>> search_shard(const corpus_shard& shard, std::span<const float> queries,
                                                  const search_options& options) {
  const size_t dimensions = shard.dimensions;
  const size_t count = queries.size() / dimensions;
  std::vector<float> scales;
  std::vector<int8_t> codes;
  for (size_t q = 0; q < count; ++q) {
    const auto code = quantize_points(queries.subspan(q * dimensions, dimensions), shard.dimensions);
    scales.push_back(code.scale);
    codes.insert(codes.end(), code.values.begin(), code.values.end());
  }
  // Queries are the columns: they are packed once, and the points pass by them a block after the other.
  const packed_columns columns(codes, shard.dimensions);
  prepared_rows block(shard.dimensions, columns.kernels());
  std::vector<best_products> best(count, best_products(candidates_of(options)));
  std::vector<int32_t> tile(prepared_rows::count_max * panel_columns);
  for (size_t first = 0; first < shard.count(); first += prepared_rows::count_max) {
    const size_t rows = std::min(prepared_rows::count_max, shard.count() - first);
    block.fill(std::span(shard.points).subspan(first * dimensions, rows * dimensions));
    for (size_t p = 0; p < columns.panels(); ++p) {
      columns.kernels().multiply(block.data(), rows, columns.panel(p), dimensions, tile.data(), panel_columns);
      for (size_t c = 0; c < columns.panel_count(p); ++c)
        for (size_t r = 0; r < rows; ++r)
          best[p * panel_columns + c].offer(shard.items[first + r], tile[r * panel_columns + c]);
    }
  }
  std::vector<std::vector<search_hit>> hits;
  for (size_t q = 0; q < count; ++q) {
    auto& found = hits.emplace_back(best[q].take());
    for (auto& hit : found) {
      const size_t row = *shard.find(hit.item);
      hit.score = shard.rows.empty() ? cosine_of(hit.product, scales[q], shard.scale())
                                     : dot(queries.subspan(q * dimensions, dimensions),
                                           std::span(shard.rows).subspan(row * dimensions, dimensions));
    }
  }
  return hits;
}

std::vector<search_hit> merge_hits(std::span<const std::vector<search_hit>> parts, const search_options& options) {
  std::vector<search_hit> hits;
  for (const auto& part : parts)
    hits.insert(hits.end(), part.begin(), part.end());
  keep_first(hits, candidates_of(options), is_larger);
  keep_first(hits, options.count, is_better);
  return hits;
}

result<std::vector<std::vector<search_hit>>> search_corpus(corpus_group& group, const corpus_shard& shard,
                                                           std::span<const float> queries,
                                                           const search_options& options, uint64_t bytes_max) {
  if (auto checked = check_search(shard, queries, options); !checked)
    return checked.error();
  const auto mine = search_shard(shard, queries, options);
  const uint64_t query_bytes = group.ranks() * (sizeof(uint32_t) + hit_bytes * candidates_of(options));
  const auto slice_max = static_cast<size_t>(std::max<uint64_t>(1, bytes_max / query_bytes));
  std::vector<std::vector<search_hit>> best;
  for (size_t first = 0; first < mine.size(); first += slice_max) {
    const auto slice = std::span(mine).subspan(first, std::min(slice_max, mine.size() - first));
    if (auto merged = merge_slice(group, slice, slice.size() * query_bytes, options, best); !merged)
      return merged.error();
  }
  return best;
}

} // namespace weft
