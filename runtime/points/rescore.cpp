#include "runtime/points/rescore.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <limits>

namespace weft {

namespace {

/// The best first, of equal ones the lowest index.
std::vector<match> best_of(std::vector<match> matches, uint32_t count) {
  const auto end = matches.begin() + static_cast<ptrdiff_t>(std::min<size_t>(count, matches.size()));
  std::partial_sort(matches.begin(), end, matches.end(), [](const match& a, const match& b) {
    return a.score != b.score ? a.score > b.score : a.index < b.index;
  });
  matches.erase(end, matches.end());
  return matches;
}

} // namespace

std::vector<match> nearest_codes(const packed_vector& query, std::span<const packed_vector> codes, uint32_t count) {
  std::vector<match> matches;
  matches.reserve(codes.size());
  for (uint32_t i = 0; i < codes.size(); ++i)
    matches.push_back({i, score(query, codes[i])});
  return best_of(std::move(matches), count);
}

std::vector<match> rescore(std::span<const float> query, std::span<const match> candidates,
                           std::span<const packed_vector> documents, uint32_t count) {
  std::vector<match> matches;
  matches.reserve(candidates.size());
  for (const auto& candidate : candidates) {
    WEFT_ASSERT(candidate.index < documents.size());
    matches.push_back({candidate.index, score(query, documents[candidate.index])});
  }
  return best_of(std::move(matches), count);
}

std::vector<match> search(std::span<const float> query, std::span<const packed_vector> codes,
                          std::span<const packed_vector> documents, const rescore_options& options) {
  WEFT_ASSERT(codes.size() == documents.size());
  if (codes.empty())
    return {};
  const auto encoding = codes.front().encoding;
  const auto code = options.center ? encode(options.center->centered(query), encoding) : encode(query, encoding);
  const auto wanted =
      std::min<uint64_t>(uint64_t{options.count} * options.factor, std::numeric_limits<uint32_t>::max());
  return rescore(query, nearest_codes(code, codes, static_cast<uint32_t>(wanted)), documents, options.count);
}

} // namespace weft
