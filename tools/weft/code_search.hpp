#pragma once

#include "runtime/points/rescore.hpp"
#include "tools/weft/ranking.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace weft::cli {

struct code_search_options {
  vector_encoding codes = vector_encoding::binary; ///< binary or int8
  uint32_t rescore = 10; ///< of binary: so many candidates a result are scored again by int8; 0: codes alone
  bool center = false;   ///< of binary: around the mean of the first texts
  uint64_t bytes_max = uint64_t{1} << 30;
};

/// Ranks texts by codes of their vectors, as an index that keeps no full vectors does: the nearest codes first, then
/// the best of these by better vectors. Unlike `ranking` it keeps every text. Not thread-safe. REQUIRES: codes is
/// binary or int8.
class code_search {
public:
  explicit code_search(code_search_options options);

  /// A vector of length 1; as many numbers as the first. False where the texts are more than it may keep.
  bool add(std::span<const float> vector, const text_place& place, const std::string& text);
  /// No further text comes.
  void finish();

  /// The best for this query, at most `count`; `order` is that of being added. Scores are the products with what was
  /// scored last: near to the cosine, or for codes alone of binary 1 - 2 · bits that differ / dimensions.
  /// REQUIRES: finish().
  std::vector<ranked> best(std::span<const float> query, size_t count) const;

  /// Bytes of a code, and of what is kept of a vector for scoring again (0: nothing).
  size_t code_bytes() const { return packed_bytes(options_.codes, dimensions_); }
  size_t rescored_bytes() const;

private:
  struct entry {
    text_place place;
    std::string text;
  };
  bool rescores() const { return options_.codes == vector_encoding::binary && options_.rescore > 0; }
  std::vector<float> cleaned(std::span<const float> vector) const;
  void encode_row(std::span<const float> row);
  void learn();

  const code_search_options options_;
  size_t dimensions_ = 0;
  uint64_t bytes_ = 0;
  std::vector<entry> entries_;
  std::vector<float> sample_; ///< rows that wait for the calibration
  bool learnt_ = false;
  calibration center_;
  std::vector<packed_vector> codes_;
  std::vector<packed_vector> documents_;
};

} // namespace weft::cli
