#pragma once

#include "runtime/points/calibration.hpp"
#include "runtime/points/encoding.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace weft {

struct match {
  uint32_t index = 0;
  double score = 0;

  bool operator==(const match&) const = default;
};

/// The `count` vectors whose codes are nearest to the query's, the best first, of equal ones the first; fewer where
/// there are fewer. REQUIRES: all have the query's encoding and dimensions.
std::vector<match> nearest_codes(const packed_vector& query, std::span<const packed_vector> codes, uint32_t count);

/// The best `count` candidates by the product of the query as it is with their better encoding, usually int8: the best
/// first, of equal ones the lowest index. REQUIRES: each candidate's index is below documents.size().
std::vector<match> rescore(std::span<const float> query, std::span<const match> candidates,
                           std::span<const packed_vector> documents, uint32_t count);

struct rescore_options {
  uint32_t count = 10;
  uint32_t factor = 10; ///< candidates a result
  /// What the codes were made with; null: nothing.
  const calibration* center = nullptr;
};

/// Nearest codes, rescored: the query is encoded as the codes are. codes and documents: of the same vectors, in the
/// same order; codes of one encoding.
std::vector<match> search(std::span<const float> query, std::span<const packed_vector> codes,
                          std::span<const packed_vector> documents, const rescore_options& options);

} // namespace weft
