#include "runtime/compress/strategies/salience.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compress/select/words.hpp"

#include <algorithm>
#include <numeric>

namespace weft {
namespace {

// Points of a fact; each is worth so many times the word's rarity.
constexpr uint32_t point_worth = 4;
constexpr uint32_t points_max = 12;  ///< of a unit: a row of numbers is no better than a sentence with two
constexpr uint32_t query_worth = 40; // times its rarity: a word of the query outweighs a sentence of others
constexpr uint32_t short_letters = 3;

/// Points of a word that states something, by its form and its place in the unit.
uint32_t points_of(const word_mark& word, std::string_view unit) noexcept {
  const bool first = word.begin == 0;
  if (word.digits > 0) {
    if (first && word.digits < 4)
      return 0; // numbers a list or a verse
    if (word.letters > 0 || word.digits >= 3)
      return 4;
    return 2;
  }
  if (word.underscored && word.letters > 1)
    return 3;
  if (word.capitals == 0 || word.letters < 2)
    return 0;
  if (word.capitals >= 2)
    return first && word.capitals == word.letters ? 0 : 2; // acronyms and humps
  if (class_of(unit[word.begin]) != byte_class::upper || word.begin < 2 || unit[word.begin - 1] != ' ')
    return 0;
  const byte_class before = class_of(unit[word.begin - 2]);
  const bool inside = before == byte_class::lower || before == byte_class::digit || before == byte_class::high ||
                      unit[word.begin - 2] == ',';
  return inside ? 2 : 0;
}

struct word_counts {
  uint32_t uses = 0;
  uint32_t units = 0;
  uint32_t last_unit = 0; ///< plus 1
  bool is_short = false;
};

} // namespace

salience::salience(const document& source, std::string_view query) : tokens_(source.tokens) {
  const auto units = static_cast<uint32_t>(source.units.size());
  WEFT_ASSERT(source.tokens.size() == units);
  word_table table;
  std::vector<word_counts> counts;
  begins_.reserve(units + size_t{1});
  values_.reserve(source.text.size() / 8);
  for (uint32_t unit = 0; unit < units; ++unit) {
    begins_.push_back(values_.size());
    const std::string_view text = source.of(unit);
    for_each_word(text, [&](const word_mark& word) {
      const uint32_t number = table.insert(word.hash);
      if (number == word_table::none)
        return;
      if (number == counts.size())
        counts.push_back({0, 0, 0, word.letters <= short_letters && word.digits == 0 && !word.ideograph});
      word_counts& known = counts[number];
      ++known.uses;
      if (known.last_unit == unit + 1)
        return;
      known.last_unit = unit + 1;
      ++known.units;
      values_.push_back({number, points_of(word, text)});
    });
  }
  begins_.push_back(values_.size());
  words_ = table.size();

  std::vector<uint32_t> rarity(words_);
  std::vector<uint32_t> weight(words_);
  for (uint32_t w = 0; w < words_; ++w) {
    rarity[w] = log2_of(uint64_t{256} * (units + 1) / counts[w].units) - 8 * 256;
    weight[w] = (log2_of(uint64_t{1} + counts[w].uses) * rarity[w] / 256) >> (counts[w].is_short ? 2 : 0);
  }
  for_each_word(query, [&](const word_mark& word) {
    const uint32_t number = table.at(word.hash);
    if (number != word_table::none && !counts[number].is_short)
      weight[number] += query_worth * rarity[number];
  });
  for (uint32_t unit = 0; unit < units; ++unit) {
    uint32_t points_left = points_max;
    for (size_t i = begins_[unit]; i < begins_[unit + 1]; ++i) {
      salient_word& word = values_[i];
      const uint32_t points = std::min(word.value, points_left);
      points_left -= points;
      word.value = weight[word.number] + points * point_worth * rarity[word.number];
    }
  }
  const uint64_t tokens = std::accumulate(tokens_.begin(), tokens_.end(), uint64_t{0});
  pivot_ = std::max<uint64_t>(units > 0 ? tokens / units / 2 : 0, 1);
}

uint64_t salience::score(uint32_t unit) const noexcept {
  uint64_t value = 0;
  for (const salient_word& word : of(unit))
    value += word.value;
  return score(unit, value);
}

} // namespace weft
