#include "runtime/compress/strategies/frequency.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compress/strategies/salience.hpp"

#include <algorithm>

namespace weft {
namespace {

// A word that better units have counts half as much with each, down to this part of a 64th.
constexpr uint32_t halvings_max = 6;

// Looks at words again because better units have them, over all words: beyond that units keep the score they have.
constexpr uint64_t looks_a_word = 6;

struct candidate {
  uint64_t score;
  uint32_t unit;

  bool operator<(const candidate& other) const noexcept {
    return score != other.score ? score < other.score : unit > other.unit;
  }
};

/// Picks the best unit again and again, what is picked making its words worth less. Scores only sink, so the best is
/// found by looking again at the top alone (Minoux, 1978: accelerated greedy algorithms).
class picking {
public:
  explicit picking(const strategy_input& input)
      : source_(*input.source), salience_(source_, input.query_text), halvings_(salience_.words()) {
    for (uint32_t i = 0; i < source_.units.size(); ++i)
      if (source_.units[i].kind != unit_kind::heading) {
        waiting_.push_back({score(i), i});
        words_ += salience_.of(i).size();
      }
    for (uint32_t i = 0; i < input.required.size(); ++i)
      if (input.required[i] != 0)
        cover(i); // kept in any case: the others should say something else
  }

  /// So many tokens are chosen one by one, the rest follows by the score that it has then.
  std::vector<uint32_t> run(uint64_t tokens) {
    std::make_heap(waiting_.begin(), waiting_.end());
    std::vector<uint32_t> order;
    order.reserve(waiting_.size());
    uint64_t chosen = 0;
    while (!waiting_.empty() && chosen < tokens && looks_ < words_ * looks_a_word) {
      std::pop_heap(waiting_.begin(), waiting_.end());
      candidate& top = waiting_.back();
      top.score = score(top.unit);
      if (waiting_.size() > 1 && top < waiting_.front()) {
        std::push_heap(waiting_.begin(), waiting_.end());
        continue;
      }
      order.push_back(top.unit);
      chosen += source_.tokens[top.unit];
      cover(top.unit);
      waiting_.pop_back();
    }
    std::sort(waiting_.begin(), waiting_.end(), [](const candidate& a, const candidate& b) { return b < a; });
    for (const candidate& left : waiting_)
      order.push_back(left.unit);
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
  std::vector<uint8_t> halvings_; ///< [words]
  std::vector<candidate> waiting_;
  uint64_t words_ = 1;
  uint64_t looks_ = 0;
};

} // namespace

strategy_ranking rank_by_frequency(const strategy_input& input) {
  WEFT_ASSERT(input.source != nullptr);
  picking picks{input};
  // A quarter more than the budget: some of the best do not fit.
  return {picks.run(input.budget + input.budget / 4), "units of rare words and facts, each word once if possible"};
}

} // namespace weft
