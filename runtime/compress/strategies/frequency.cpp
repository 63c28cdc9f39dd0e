#include "runtime/compress/strategies/frequency.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compress/select/words.hpp"
#include "runtime/compress/strategies/salience.hpp"

#include <algorithm>

namespace weft {
namespace {

// A word that better units have counts half as much with each, down to this part of a 64th.
constexpr uint32_t halvings_max = 6;

// Looks at words again because better units have them, over all words: beyond that units keep the score they have.
constexpr uint64_t looks_a_word = 6;

// Scores are sorted into so many levels an octave: within one, an eighth at most, the order of the text decides.
constexpr uint32_t levels_an_octave = 8;
constexpr uint32_t levels_max = 64 * levels_an_octave;

uint32_t level_of(uint64_t score) noexcept {
  return log2_of(score) / (256 / levels_an_octave);
}

/// Picks the best unit again and again, what is picked making its words worth less. Scores only sink, so a unit is
/// looked at again only when its level comes, and is picked if it still belongs there (the accelerated greedy algorithm
/// of Minoux, 1978, with levels in place of a heap: it then reads memory in order).
class picking {
public:
  explicit picking(const strategy_input& input)
      : source_(*input.source), salience_(source_, input.query_text), halvings_(salience_.words()),
        levels_(levels_max) {
    for (uint32_t i = 0; i < input.required.size(); ++i)
      if (input.required[i] != 0)
        cover(i); // kept in any case: the others should say something else
    for (uint32_t i = 0; i < source_.units.size(); ++i)
      if (source_.units[i].kind != unit_kind::heading)
        levels_[level_of(score(i))].push_back(i);
    looks_max_ = looks_ * looks_a_word;
  }

  /// So many tokens are chosen one by one, the rest follows by the score that it has then.
  std::vector<uint32_t> run(uint64_t tokens) {
    std::vector<uint32_t> order;
    order.reserve(source_.units.size());
    uint64_t chosen = 0;
    for (uint32_t level = levels_max; level-- > 0;) {
      auto& waiting = levels_[level];
      std::sort(waiting.begin(), waiting.end()); // those that sank to here came later
      for (const uint32_t unit : waiting) {
        if (chosen < tokens && looks_ < looks_max_)
          if (const uint32_t now = level_of(score(unit)); now < level) {
            levels_[now].push_back(unit);
            continue;
          }
        order.push_back(unit);
        chosen += source_.tokens[unit];
        cover(unit);
      }
      waiting = {};
    }
    return order;
  }

private:
  uint64_t score(uint32_t unit) {
    uint64_t value = 0;
    const auto words = salience_.of(unit);
    for (const salient_word& word : words)
      value += word.value >> halvings_[word.number];
    looks_ += words.size() + 1;
    // A weak prior for what is said first: of the text, of a section, of a paragraph.
    const bool first = unit == 0 || source_.units[unit - 1].paragraph != source_.units[unit].paragraph;
    const bool leads = unit == 0 || source_.units[unit - 1].kind == unit_kind::heading;
    return salience_.score(unit, value + (first ? value / 16 : 0) + (leads ? value / 8 : 0));
  }

  void cover(uint32_t unit) {
    for (const salient_word& word : salience_.of(unit))
      if (halvings_[word.number] < halvings_max)
        ++halvings_[word.number];
  }

  const document& source_;
  salience salience_;
  std::vector<uint8_t> halvings_;             ///< [words]
  std::vector<std::vector<uint32_t>> levels_; ///< units by the score that they had when they came there
  uint64_t looks_ = 0;
  uint64_t looks_max_ = 0;
};

} // namespace

strategy_ranking rank_by_frequency(const strategy_input& input) {
  WEFT_ASSERT(input.source != nullptr);
  picking picks{input};
  // A quarter more than the budget: some of the best do not fit. (Any number is a budget: no sum may wrap around.)
  const uint64_t budget = std::min(input.budget, uint64_t{1} << 60);
  return {picks.run(budget + budget / 4), "units of rare words and facts, each word once if possible"};
}

} // namespace weft
