#include "runtime/corpus/corpus_shard.hpp"

#include "runtime/base/mix_bits.hpp"
#include "runtime/points/kmeans_steps.hpp"
#include "runtime/points/quantize.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>
#include <xxhash.h>

namespace weft {

namespace {

/// What a rank without an opinion says where the largest counts.
constexpr int64_t no_opinion = std::numeric_limits<int64_t>::min();

/// "": nothing is wrong.
std::string_view fault_of(const corpus_rows& rows) {
  if (rows.count() > corpus_items_max)
    return "too many items";
  if (rows.dimensions > point_dimensions_max || (rows.dimensions == 0 && rows.count() > 0))
    return "a number of dimensions that no model has";
  if (rows.values.size() != rows.count() * rows.dimensions)
    return "not a row an item";
  if (rows.tokens.size() != rows.count())
    return "not a count of tokens an item";
  if (!rows.sources.empty() && rows.sources.size() != rows.count())
    return "not a source an item";
  if (std::adjacent_find(rows.items.begin(), rows.items.end(), std::greater_equal<>{}) != rows.items.end())
    return "items that do not ascend";
  return {};
}

/// The exponent of scale_of() of these rows; nothing where any scale would do.
std::optional<int32_t> exponent_of(std::span<const float> rows) {
  if (std::none_of(rows.begin(), rows.end(), [](float x) { return x != 0 && std::isfinite(x); }))
    return std::nullopt;
  return std::ilogb(scale_of(rows));
}

/// A number an item; over a set of items these are added up, so that order and division do not matter.
uint64_t item_mark(uint64_t item) {
  return mix_bits(item + 0x9e3779b97f4a7c15ULL);
}

} // namespace

float corpus_shard::scale() const noexcept {
  return std::ldexp(1.0F, scale_exponent);
}

std::optional<size_t> corpus_shard::find(uint32_t item) const noexcept {
  const auto found = std::lower_bound(items.begin(), items.end(), item);
  if (found == items.end() || *found != item)
    return std::nullopt;
  return static_cast<size_t>(found - items.begin());
}

void keep_rows(corpus_shard& shard, std::vector<float>&& rows) {
  const double step = 1 / double{shard.scale()};
  double longest = 0, farthest = 0;
  for (size_t i = 0; i < shard.count(); ++i) {
    const auto point = shard.point(i);
    const float* row = rows.data() + i * shard.dimensions;
    double squares = 0, error_squares = 0;
    for (size_t d = 0; d < shard.dimensions; ++d) {
      const double value = row[d], error = value - point[d] * step;
      squares += value * value;
      error_squares += error * error;
    }
    // What is no number is as far as can be.
    longest = squares <= longest ? longest : std::isfinite(squares) ? squares : HUGE_VAL;
    farthest = error_squares <= farthest ? farthest : std::isfinite(error_squares) ? error_squares : HUGE_VAL;
  }
  shard.row_length_max = std::sqrt(longest);
  shard.row_error_max = std::sqrt(farthest);
  shard.rows = std::move(rows);
}

std::vector<uint32_t> consecutive_items(uint32_t first, uint32_t count) {
  std::vector<uint32_t> items(count);
  std::iota(items.begin(), items.end(), first);
  return items;
}

result<corpus_shard> make_shard(corpus_group& group, corpus_rows&& rows, bool keep_rows) {
  const auto fault = fault_of(rows);
  const bool has_rows = fault.empty() && rows.count() > 0;
  const auto exponent = has_rows ? exponent_of(rows.values) : std::nullopt;
  // The largest of each; a minus makes it the smallest.
  std::array<int64_t, 4> said{
      fault.empty() ? 0 : int64_t{group.rank()} + 1, has_rows ? int64_t{rows.dimensions} : no_opinion,
      has_rows ? -int64_t{rows.dimensions} : no_opinion, exponent ? -int64_t{*exponent} : no_opinion};
  if (auto met = group.maximum(said); !met)
    return met.error();
  if (!fault.empty())
    return failure{errc::invalid_argument, "this rank's part of the corpus has " + std::string{fault}};
  if (said[0] != 0)
    return failure{errc::invalid_argument,
                   "the part of the corpus on rank " + std::to_string(said[0] - 1) + " is malformed"};
  if (said[1] == no_opinion)
    return failure{errc::empty_call, "the corpus has no items: give it one at least"};
  if (said[1] != -said[2])
    return failure{errc::invalid_argument, "the corpus has vectors of " + std::to_string(-said[2]) + " and of " +
                                               std::to_string(said[1]) + " dimensions: embed all with one model"};
  corpus_shard shard;
  shard.dimensions = static_cast<uint32_t>(said[1]);
  shard.scale_exponent = said[3] == no_opinion ? 0 : static_cast<int32_t>(-said[3]);
  shard.points = quantize_points(rows.values, shard.dimensions, shard.scale()).values;
  shard.items = std::move(rows.items);
  shard.tokens = std::move(rows.tokens);
  shard.sources = std::move(rows.sources);
  if (keep_rows)
    weft::keep_rows(shard, std::move(rows.values));
  return shard;
}

result<corpus_facts> measure_corpus(corpus_group& group, const corpus_shard& shard) {
  uint64_t marks = 0, prints = 0;
  for (size_t i = 0; i < shard.count(); ++i) {
    marks += item_mark(shard.items[i]);
    const auto point = shard.point(i);
    prints +=
        XXH3_64bits_withSeed(point.data(), point.size(), mix_bits(uint64_t{shard.items[i]} << 32 | shard.tokens[i]));
  }
  std::array<int64_t, 4> sums{static_cast<int64_t>(shard.count()), static_cast<int64_t>(sum_of_squares(shard.points)),
                              static_cast<int64_t>(marks), static_cast<int64_t>(prints)};
  if (auto met = group.sum(sums); !met)
    return met.error();
  const auto items = static_cast<uint64_t>(sums[0]);
  if (items > corpus_items_max)
    return failure{errc::too_many_items, "the corpus has " + std::to_string(items) + " items, at most " +
                                             std::to_string(corpus_items_max) + " are taken: divide it"};
  uint64_t marks_wanted = 0; // exactly 0 to items - 1, but for a chance of 2^-64
  for (uint64_t item = 0; item < items; ++item)
    marks_wanted += item_mark(item);
  if (marks_wanted != static_cast<uint64_t>(sums[2]))
    return failure{errc::invalid_argument,
                   "the items of the ranks are not 0 to " + std::to_string(items - 1) + ", each on one rank"};
  return corpus_facts{items, shard.dimensions, shard.scale_exponent, static_cast<uint64_t>(sums[1]),
                      static_cast<uint64_t>(sums[3])};
}

} // namespace weft
