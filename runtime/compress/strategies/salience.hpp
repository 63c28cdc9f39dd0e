#pragma once

#include "runtime/compress/unit.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace weft {

/// A word as one unit has it.
struct salient_word {
  uint32_t number = 0; ///< of the word, dense
  uint32_t value = 0;  ///< weight of the word, with its bonus where it states a fact here
};

/// What the words of a text are worth. In integers, so equal on any machine.
///
///   weight(w) = log2(1 + uses of w) * log2((units + 1) / units with w)
///
/// the first factor for what the text is about, the second against words that stand everywhere: so no list of such
/// words is needed. Words of up to three letters weigh a quarter: by Zipf's law of abbreviation they are the function
/// words of most alphabets. Words of the query weigh more. A word that states a fact has a bonus by its rarity: a
/// number, a code, a name inside a sentence, at most so much a unit.
class salience {
public:
  explicit salience(const document& source, std::string_view query = {});

  uint32_t words() const noexcept { return words_; }
  /// Each word of a unit once.
  std::span<const salient_word> of(uint32_t unit) const noexcept {
    return std::span{values_}.subspan(begins_[unit], begins_[unit + 1] - begins_[unit]);
  }
  /// Sum of its words' values over its length: what a token of it says. Long units are not punished for being long,
  /// short ones not rewarded beyond half the mean length.
  uint64_t score(uint32_t unit) const noexcept;
  uint64_t score(uint32_t unit, uint64_t value) const noexcept { return value * 4'096 / (tokens_[unit] + pivot_); }

private:
  std::span<const uint32_t> tokens_;
  uint64_t pivot_ = 1; ///< half the mean tokens of a unit
  uint32_t words_ = 0;
  std::vector<size_t> begins_;       ///< [units + 1]
  std::vector<salient_word> values_; ///< by unit
};

} // namespace weft
