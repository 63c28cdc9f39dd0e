#include "runtime/compress/select/scores.hpp"

#include "runtime/compress/select/words.hpp"

#include <vector>

namespace weft {

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

} // namespace weft
