#pragma once

#include "runtime/compress/select/fill.hpp"
#include "runtime/compress/strategy.hpp"
#include "tests/runtime/compress/select/documents.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace weft::testing {

/// A strategy's order, filled into a budget by the estimate.
struct filled {
  strategy_ranking ranking;
  fill_output output;
  uint64_t budget = 0;
};

template <class Rank> filled fill_by(Rank rank, document& source, double ratio, std::string_view query = {}) {
  const auto count = make_counter(counter_kind::llm_estimate, {});
  count_units(source, count);
  fill_request asked;
  asked.source = &source;
  asked.source_tokens = count(source.text);
  asked.budget = static_cast<uint64_t>(static_cast<double>(asked.source_tokens) / ratio);
  asked.counter = counter_kind::llm_estimate;
  asked.count = count;
  strategy_input input;
  input.source = &source;
  input.budget = asked.budget;
  input.query_text = query;
  filled out;
  out.ranking = rank(input);
  out.budget = asked.budget;
  asked.order = out.ranking.order;
  auto got = fill_budget(asked);
  if (got)
    out.output = std::move(*got);
  return out;
}

/// Words by Zipf's law: the n-th is used 1/n as often as the first.
class zipf_words {
public:
  explicit zipf_words(dice& roll, uint32_t words = 3'000) {
    double sum = 0;
    for (uint32_t i = 0; i < words; ++i) {
      std::string word = i < 40 ? std::string(1, static_cast<char>('a' + i % 26)) + (i < 26 ? "t" : "so")
                                : random_word(roll) + random_word(roll);
      words_.push_back(std::move(word));
      sums_.push_back(sum += 1.0 / (i + 3));
    }
  }
  const std::string& pick(dice& roll) const {
    const double at = sums_.back() * roll.below(1u << 30) / (1u << 30);
    const auto found = std::upper_bound(sums_.begin(), sums_.end(), at) - sums_.begin();
    return words_[static_cast<size_t>(found)];
  }
  std::string sentence(dice& roll) const {
    std::string text;
    for (uint32_t n = 6 + roll.below(18); n > 0; --n)
      text += (text.empty() ? "" : " ") + pick(roll);
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
    if (roll.below(12) == 0)
      text += " " + std::to_string(1 + roll.below(12));
    return text + ".";
  }

private:
  std::vector<std::string> words_;
  std::vector<double> sums_;
};

/// Facts of four forms, each said once.
inline std::vector<std::string> random_facts(dice& roll, uint32_t many) {
  static constexpr std::string_view places[] = {"northern", "harbour", "eastern", "upper", "stone", "river"};
  static constexpr std::string_view things[] = {"depot", "library", "station", "archive", "mill", "garden"};
  static constexpr std::string_view first[] = {"Helena", "Tobias", "Ines", "Oskar", "Mirela", "Pavel"};
  static constexpr std::string_view last[] = {"Marquardt", "Renn", "Valderrama", "Lindqvist", "Ionescu", "Horak"};
  std::vector<std::string> out;
  for (uint32_t i = 0; i < many; ++i) {
    const std::string what = "The " + std::string(places[roll.below(6)]) + " " + std::string(things[roll.below(6)]);
    const std::string number = std::to_string(10'000 + roll.below(90'000));
    const std::string who = std::string(first[roll.below(6)]) + " " + std::string(last[roll.below(6)]);
    switch (i % 4) {
    case 0:
      out.push_back("The access code of t" + what.substr(1) + " is " + number + ".");
      break;
    case 1:
      out.push_back(what + " was opened on 14 March 19" + std::to_string(10 + roll.below(90)) + ".");
      break;
    case 2:
      out.push_back(what + " is in the care of " + who + ".");
      break;
    default:
      out.push_back(what + " has the serial number KX-" + number.substr(1) + ".");
    }
  }
  return out;
}

/// Prose with facts in it, evenly spread.
inline void prose_with_facts(dice& roll, document_builder& to, uint32_t sentences,
                             const std::vector<std::string>& facts) {
  const zipf_words words{roll};
  const auto many = static_cast<uint32_t>(facts.size());
  for (uint32_t i = 0, fact = 0; i < sentences; ++i) {
    if (i % 80 == 0)
      to.heading("Chapter " + std::to_string(i / 80 + 1));
    to.sentence(words.sentence(roll), i % 7 == 0);
    if (many > 0 && i % (sentences / many) == sentences / many / 2 && fact < many)
      to.sentence(facts[fact++]);
  }
}

} // namespace weft::testing
