#pragma once

#include "runtime/corpus/corpus_group.hpp"
#include "runtime/points/kmeans.hpp"
#include "runtime/points/similarity.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace weft {

/// Items of a corpus over all ranks: what the int32 sums of k-means hold.
inline constexpr uint64_t corpus_items_max = kmeans_points_max;

/// What one rank has embedded. The items of all ranks are numbered from 0 without a gap, each is on one rank; which
/// rank has which does not matter to any result.
struct corpus_rows {
  uint32_t dimensions = 0;          ///< of a rank without items: 0 will do
  std::vector<uint32_t> items;      ///< [rows], ascending: the item of each
  std::vector<float> values;        ///< [rows, dimensions], of length 1
  std::vector<uint32_t> tokens;     ///< [rows]: of each item's text, with what will separate it from the next
  std::vector<std::string> sources; ///< [rows]: where each text came from, for people; or empty

  size_t count() const noexcept { return items.size(); }
};

/// The same as points of 8 bits, with one scale for the corpus. Stays on its rank.
struct corpus_shard {
  uint32_t dimensions = 0;
  int32_t scale_exponent = 0; ///< value ≈ float · 2^exponent
  std::vector<uint32_t> items;
  std::vector<int8_t> points; ///< [items, dimensions]
  std::vector<uint32_t> tokens;
  std::vector<std::string> sources;
  std::vector<float> rows; ///< [items, dimensions] as they were, for exact searches; empty: not kept
  // How long the longest row is, and how far at most a row is from its point: what is not known makes searches slower,
  // not wrong.
  double row_length_max = std::numeric_limits<double>::infinity();
  double row_error_max = std::numeric_limits<double>::infinity();

  size_t count() const noexcept { return items.size(); }
  float scale() const noexcept;
  std::span<const int8_t> point(size_t index) const noexcept {
    return std::span(points).subspan(index * dimensions, dimensions);
  }
  /// Where an item is among the points; nothing: on another rank.
  std::optional<size_t> find(uint32_t item) const noexcept;
};

/// Keeps the rows whose points the shard has, with what searches need to know of them. rows: [items, dimensions].
void keep_rows(corpus_shard& shard, std::vector<float>&& rows);

/// Items first to first + count - 1.
std::vector<uint32_t> consecutive_items(uint32_t first, uint32_t count);

/// What is known of the whole corpus, the same on every rank and for every division.
struct corpus_facts {
  uint64_t items = 0;
  uint32_t dimensions = 0;
  int32_t scale_exponent = 0;
  uint64_t squares = 0;     ///< sum of the squares of all points' values
  uint64_t fingerprint = 0; ///< of all items, points and tokens

  bool operator==(const corpus_facts&) const = default;
};

/// Agrees on the scale, which is the one that all rows together would get, and on the dimensions, and makes points.
/// One verb. On every rank: errc::invalid_argument (what one rank was given does not fit together, or other dimensions
/// than on another), errc::empty_call (nobody has an item). rows: moved from only where it succeeds.
result<corpus_shard> make_shard(corpus_group& group, corpus_rows&& rows, bool keep_rows);

/// Adds up what all ranks have. One verb. On every rank: errc::too_many_items (more than corpus_items_max),
/// errc::invalid_argument (an item is missing or on two ranks).
result<corpus_facts> measure_corpus(corpus_group& group, const corpus_shard& shard);

} // namespace weft
