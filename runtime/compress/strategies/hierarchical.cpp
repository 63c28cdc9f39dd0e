#include "runtime/compress/strategies/hierarchical.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compress/strategies/salience.hpp"

#include <algorithm>
#include <cmath>

namespace weft {
namespace {

/// A run of units: a section or a paragraph.
struct part {
  uint32_t begin = 0; ///< places in a list of units
  uint32_t end = 0;
  uint64_t tokens = 0;
  uint64_t share = 1; ///< 64 times the root of its tokens
  uint64_t first = 0; ///< where not every part can have a unit, those with more of this have one
};

uint64_t root_of(uint64_t n) noexcept {
  auto root = static_cast<uint64_t>(std::sqrt(static_cast<double>(n)));
  while (root * root > n)
    --root;
  while ((root + 1) * (root + 1) <= n)
    ++root;
  return root;
}

/// When a unit's turn comes: `round` 0 is the first of its part, later ones come in the order of `turn`, the tokens of
/// its part up to here over the part's share, so that all parts advance alike (as fair queueing shares a link).
struct turn_of_unit {
  uint32_t unit = 0;
  uint32_t round = 0;
  uint64_t turn = 0;
};

class sharing {
public:
  explicit sharing(const strategy_input& input) : source_(*input.source) {
    const salience words{source_, input.query_text};
    for (uint32_t i = 0; i < source_.units.size(); ++i)
      worth_.push_back(worth(words, i));
  }

  std::vector<uint32_t> run() {
    std::vector<uint32_t> units;
    for (uint32_t i = 0; i < source_.units.size(); ++i)
      if (source_.units[i].kind != unit_kind::heading)
        units.push_back(i);
    const auto by_paragraph = [&](uint32_t unit) { return source_.units[unit].paragraph; };
    const auto by_section = [&](uint32_t unit) { return source_.units[unit].section; };
    auto paragraphs = parts_of(units, by_paragraph);
    paragraphs_ = paragraphs.size();
    for (part& paragraph : paragraphs) {
      std::stable_sort(units.begin() + paragraph.begin, units.begin() + paragraph.end,
                       [&](uint32_t a, uint32_t b) { return worth_[a] > worth_[b]; });
      paragraph.first = worth_[units[paragraph.begin]];
    }
    const auto sections = parts_of(units, by_section);
    sections_ = sections.size();
    // Inside each section its paragraphs take turns; then the sections do, each in its own order.
    auto order = take_turns(units, paragraphs);
    std::stable_sort(order.begin(), order.end(), [&](const turn_of_unit& a, const turn_of_unit& b) {
      return by_section(a.unit) < by_section(b.unit);
    });
    for (size_t i = 0; i < units.size(); ++i)
      units[i] = order[i].unit;
    order = take_turns(units, sections);
    for (size_t i = 0; i < units.size(); ++i)
      units[i] = order[i].unit;
    return units;
  }

  size_t sections() const noexcept { return sections_; }
  size_t paragraphs() const noexcept { return paragraphs_; }

private:
  /// Salience, the first of a paragraph ahead: half as much again, and a quarter for the second.
  uint64_t worth(const salience& words, uint32_t unit) const {
    const uint64_t score = words.score(unit);
    const auto other = [&](uint32_t back) {
      return unit < back || source_.units[unit - back].paragraph != source_.units[unit].paragraph;
    };
    return score + (other(1) ? score / 2 : other(2) ? score / 4 : 0);
  }

  template <class Key> std::vector<part> parts_of(const std::vector<uint32_t>& units, Key key) const {
    std::vector<part> out;
    for (uint32_t i = 0; i < units.size(); ++i) {
      if (i == 0 || key(units[i]) != key(units[i - 1]))
        out.push_back({i, i, 0, 1, 0});
      out.back().end = i + 1;
      out.back().tokens += source_.tokens[units[i]];
    }
    for (part& p : out)
      p.first = p.share = std::max<uint64_t>(root_of(p.tokens * 4'096), 1);
    return out;
  }

  std::vector<turn_of_unit> take_turns(const std::vector<uint32_t>& units, const std::vector<part>& parts) const {
    std::vector<turn_of_unit> out;
    out.reserve(units.size());
    for (const part& p : parts) {
      uint64_t tokens = 0;
      for (uint32_t i = p.begin; i < p.end; ++i) {
        tokens += source_.tokens[units[i]];
        const uint64_t turn = i == p.begin ? ~p.first : tokens * 4'096 / p.share;
        out.push_back({units[i], i == p.begin ? 0u : 1u, turn});
      }
    }
    std::stable_sort(out.begin(), out.end(), [](const turn_of_unit& a, const turn_of_unit& b) {
      return a.round != b.round ? a.round < b.round : a.turn < b.turn;
    });
    return out;
  }

  const document& source_;
  std::vector<uint64_t> worth_; ///< [units]
  size_t sections_ = 0;
  size_t paragraphs_ = 0;
};

} // namespace

strategy_ranking rank_by_hierarchy(const strategy_input& input) {
  WEFT_ASSERT(input.source != nullptr);
  sharing shares{input};
  strategy_ranking out;
  out.order = shares.run();
  out.why = std::to_string(shares.sections()) + " sections and " + std::to_string(shares.paragraphs()) +
            " paragraphs share the budget by the root of their size";
  return out;
}

} // namespace weft
