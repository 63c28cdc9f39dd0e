#include "runtime/compress/select/scores.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compress/select/words.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace weft {
namespace {

double product(std::span<const float> vectors, uint32_t dimensions, size_t a, size_t b) {
  double sum = 0;
  for (uint32_t d = 0; d < dimensions; ++d)
    sum += static_cast<double>(vectors[a * dimensions + d]) * static_cast<double>(vectors[b * dimensions + d]);
  return sum;
}

} // namespace

double term_coverage(const document& source, std::span<const uint32_t> kept) {
  word_table words;
  std::vector<uint32_t> units_with;
  std::vector<uint32_t> seen_in; // by word: the last unit that had it, plus 1
  std::vector<uint8_t> is_kept(source.units.size());
  for (const uint32_t unit : kept)
    is_kept[unit] = 1;
  std::vector<uint8_t> covered;
  for (uint32_t unit = 0; unit < source.units.size(); ++unit)
    for_each_word(source.of(unit), [&](const word_mark& word) {
      const uint32_t number = words.insert(word.hash);
      if (number == word_table::none)
        return;
      if (number == units_with.size()) {
        units_with.push_back(0);
        seen_in.push_back(0);
        covered.push_back(0);
      }
      units_with[number] += seen_in[number] != unit + 1 ? 1 : 0;
      seen_in[number] = unit + 1;
      covered[number] |= is_kept[unit];
    });
  uint64_t all = 0;
  uint64_t had = 0;
  for (size_t i = 0; i < units_with.size(); ++i) {
    // Scaled by 256 inside the logarithm: the quotient keeps its fraction.
    const uint64_t weight = log2_of(256 + uint64_t{256} * source.units.size() / units_with[i]) - 8 * 256;
    all += weight;
    had += covered[i] != 0 ? weight : 0;
  }
  return all > 0 ? static_cast<double>(had) / static_cast<double>(all) : 1;
}

double coverage(std::span<const float> vectors, uint32_t dimensions, std::span<const uint32_t> kept) {
  WEFT_ASSERT(dimensions > 0);
  const size_t units = vectors.size() / dimensions;
  double sum = 0;
  for (size_t i = 0; i < units; ++i) {
    double best = 0;
    for (const uint32_t j : kept)
      best = std::max(best, product(vectors, dimensions, i, j));
    sum += std::min(best, 1.0);
  }
  return units > 0 ? sum / static_cast<double>(units) : 0;
}

double coverage(std::span<const int32_t> products, uint32_t units, double one) {
  if (units == 0 || products.empty())
    return 0;
  WEFT_ASSERT(products.size() % units == 0);
  const size_t kept = products.size() / units;
  double sum = 0;
  for (size_t i = 0; i < units; ++i) {
    const auto row = products.subspan(i * kept, kept);
    sum += std::clamp(static_cast<double>(*std::max_element(row.begin(), row.end())) / one, 0.0, 1.0);
  }
  return sum / static_cast<double>(units);
}

double fidelity(std::span<const float> vectors, uint32_t dimensions, std::span<const uint32_t> tokens,
                std::span<const uint32_t> kept) {
  WEFT_ASSERT(vectors.size() == tokens.size() * dimensions);
  std::vector<double> all(dimensions);
  std::vector<double> part(dimensions);
  const auto add = [&](std::vector<double>& to, size_t unit) {
    for (uint32_t d = 0; d < dimensions; ++d)
      to[d] += static_cast<double>(tokens[unit]) * static_cast<double>(vectors[unit * dimensions + d]);
  };
  for (size_t i = 0; i < tokens.size(); ++i)
    add(all, i);
  for (const uint32_t unit : kept)
    add(part, unit);
  double both = 0;
  double length_all = 0;
  double length_part = 0;
  for (uint32_t d = 0; d < dimensions; ++d) {
    both += all[d] * part[d];
    length_all += all[d] * all[d];
    length_part += part[d] * part[d];
  }
  const double lengths = std::sqrt(length_all) * std::sqrt(length_part);
  return lengths > 0 ? std::clamp(both / lengths, 0.0, 1.0) : 0;
}

} // namespace weft
