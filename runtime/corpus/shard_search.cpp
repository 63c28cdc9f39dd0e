#include "runtime/corpus/shard_search.hpp"

#include "runtime/job/record_bytes.hpp"
#include "runtime/points/nearest.hpp"
#include "runtime/points/quantize.hpp"
#include "runtime/points/query_products.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace weft {

namespace {

/// That an engine gives of each query at least: where items are alike, many are within what rounding may change.
constexpr size_t candidates_min = 128;

bool is_better(const search_hit& a, const search_hit& b) {
  return a.score != b.score ? a.score > b.score : a.item < b.item;
}

/// Sum in double in the order of the dimensions; -1 where it is no number, so that hits always have an order.
double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t d = 0; d < a.size(); ++d)
    sum += double{a[d]} * double{b[d]};
  return std::isfinite(sum) ? sum : -1;
}

/// The nearest items of one query so far, in whichever order they are offered.
class nearest_items {
public:
  /// code: the query as a point. All of these outlive it.
  nearest_items(const corpus_shard& shard, std::span<const float> query, const quantized_points& code, size_t count)
      : shard_(shard), query_(query), count_(count), scale_(code.scale), unit_(double{code.scale} * shard.scale()) {
    if (!shard.rows.empty())
      error_max_ = error_of(code);
  }

  void offer(size_t row, int32_t product) {
    if (product >= product_min_)
      look_at(row, product);
  }
  /// Whether no item can be among the best whose product is this or less.
  bool has_all_above(int32_t product) const noexcept { return hits_.size() == count_ && product < product_min_; }
  std::vector<search_hit> take() {
    std::sort_heap(hits_.begin(), hits_.end(), is_better);
    return std::move(hits_);
  }

private:
  /// By how much a product may be off the score.
  double error_of(const quantized_points& code) const {
    double squares = 0, code_squares = 0, error_squares = 0;
    for (size_t d = 0; d < query_.size(); ++d) {
      const double value = query_[d], rounded = code.values[d] / double{code.scale};
      squares += value * value;
      code_squares += rounded * rounded;
      error_squares += (value - rounded) * (value - rounded);
    }
    const double bound =
        std::sqrt(error_squares) * shard_.row_length_max + std::sqrt(code_squares) * shard_.row_error_max;
    // Sums in double are off as well, by less than this for the most dimensions that there are.
    return bound + 1e-9 * (bound + std::sqrt(squares) * shard_.row_length_max);
  }

  void look_at(size_t row, int32_t product) {
    const search_hit hit{shard_.items[row],
                         shard_.rows.empty() ? cosine_of(product, scale_, shard_.scale()) : dot(query_, row_of(row))};
    if (hits_.size() == count_) {
      if (!is_better(hit, hits_.front())) // the front is the worst
        return;
      std::pop_heap(hits_.begin(), hits_.end(), is_better);
      hits_.pop_back();
    }
    hits_.push_back(hit);
    std::push_heap(hits_.begin(), hits_.end(), is_better);
    if (hits_.size() < count_)
      return;
    const double least = std::floor((hits_.front().score - error_max_) * unit_) - 1;
    constexpr double lowest = std::numeric_limits<int32_t>::min();
    product_min_ = least > lowest ? static_cast<int32_t>(std::min<double>(least, std::numeric_limits<int32_t>::max()))
                                  : std::numeric_limits<int32_t>::min(); // also where it is no number
  }
  std::span<const float> row_of(size_t row) const {
    return std::span(shard_.rows).subspan(row * query_.size(), query_.size());
  }

  const corpus_shard& shard_;
  std::span<const float> query_;
  size_t count_;
  float scale_;
  double unit_; ///< a product of this much is a score of 1
  double error_max_ = 0;
  int32_t product_min_ = std::numeric_limits<int32_t>::min(); ///< no other can be among the best
  std::vector<search_hit> hits_;
};

struct coded_queries {
  std::vector<nearest_items> best; ///< [queries]
  std::vector<int8_t> codes;       ///< [queries, dimensions]
};

coded_queries code_queries(const corpus_shard& shard, std::span<const float> queries, size_t count) {
  const size_t dimensions = shard.dimensions;
  coded_queries out;
  for (size_t first = 0; first < queries.size(); first += dimensions) {
    const auto query = queries.subspan(first, dimensions);
    const auto code = quantize_points(query, shard.dimensions);
    out.best.emplace_back(shard, query, code, count);
    out.codes.insert(out.codes.end(), code.values.begin(), code.values.end());
  }
  return out;
}

/// Whether it can be the answer to this: of each query so many points of the shard, the nearest first.
bool is_possible(const nearest_output& found, size_t queries, size_t count, size_t points) {
  if (found.points.size() != queries * count || found.products.size() != found.points.size())
    return false;
  for (size_t i = 0; i < found.points.size(); ++i) {
    if (found.points[i] >= points)
      return false;
    const bool follows = i % count > 0;
    if (follows && (found.products[i] > found.products[i - 1] ||
                    (found.products[i] == found.products[i - 1] && found.points[i] <= found.points[i - 1])))
      return false;
  }
  return true;
}

/// Of one hit that travels.
constexpr uint64_t hit_bytes = 12;

void put_hits(record_writer& out, const std::vector<search_hit>& hits) {
  out.put(static_cast<uint32_t>(hits.size()));
  for (const auto& hit : hits) {
    out.put(hit.item);
    out.put(hit.score);
  }
}

std::vector<search_hit> read_hits(record_reader& in) {
  std::vector<search_hit> hits;
  const auto count = in.number<uint32_t>();
  for (uint32_t i = 0; i < count && in.why().empty(); ++i) {
    search_hit hit;
    hit.item = in.number<uint32_t>();
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
  if (options.count == 0 || options.count > search_count_max)
    return refuse("a search gives 1 to " + std::to_string(search_count_max) + " hits a query");
  return ok;
}

std::vector<std::vector<search_hit>> search_shard(const corpus_shard& shard, std::span<const float> queries,
                                                  const search_options& options) {
  auto coded = code_queries(shard, queries, options.count);
  query_products(coded.codes, shard.dimensions).for_each(shard.points, [&](size_t query, size_t row, int32_t product) {
    coded.best[query].offer(row, product);
  });
  std::vector<std::vector<search_hit>> hits;
  for (auto& of_query : coded.best)
    hits.push_back(of_query.take());
  return hits;
}

std::vector<std::vector<search_hit>> search_shard_on(const corpus_engine& engine, const corpus_shard& shard,
                                                     const shared_points_ptr& points, std::span<const float> queries,
                                                     const search_options& options) {
  const size_t candidates = std::min<size_t>(
      {shard.count(), nearest_count_max, std::max<size_t>(candidates_min, options.count * size_t{10})});
  if (candidates < std::min<size_t>(options.count, shard.count()))
    return search_shard(shard, queries, options);
  auto [best, codes] = code_queries(shard, queries, options.count);
  auto answer = engine({nearest_work{points, std::move(codes), static_cast<uint32_t>(candidates)}})();
  const auto* const found = wanted_output<nearest_output>(answer);
  if (!found || !is_possible(*found, best.size(), candidates, shard.count()))
    return search_shard(shard, queries, options);
  std::vector<std::vector<search_hit>> hits;
  for (size_t q = 0; q < best.size(); ++q) {
    for (size_t i = q * candidates; i < (q + 1) * candidates; ++i)
      best[q].offer(found->points[i], found->products[i]);
    const auto query = queries.subspan(q * shard.dimensions, shard.dimensions);
    if (candidates == shard.count() || best[q].has_all_above(found->products[(q + 1) * candidates - 1]))
      hits.push_back(best[q].take());
    else
      hits.push_back(std::move(search_shard(shard, query, options).front()));
  }
  return hits;
}

std::vector<search_hit> merge_hits(std::span<const std::vector<search_hit>> parts, const search_options& options) {
  std::vector<search_hit> hits;
  for (const auto& part : parts)
    hits.insert(hits.end(), part.begin(), part.end());
  const auto end = hits.begin() + static_cast<ptrdiff_t>(std::min<size_t>(options.count, hits.size()));
  std::partial_sort(hits.begin(), end, hits.end(), is_better);
  hits.erase(end, hits.end());
  return hits;
}

result<std::vector<std::vector<search_hit>>> search_corpus(corpus_group& group, const corpus_shard& shard,
                                                           std::span<const float> queries,
                                                           const search_options& options, uint64_t bytes_max) {
  if (auto checked = check_search(shard, queries, options); !checked)
    return checked.error();
  const auto mine = search_shard(shard, queries, options);
  const uint64_t query_bytes = group.ranks() * (sizeof(uint32_t) + hit_bytes * options.count);
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
