#include "runtime/compress/unit_interest.hpp"

#include "runtime/compress/select/must_keep.hpp"
#include "runtime/compress/select/words.hpp"

#include <algorithm>
#include <array>

namespace weft {
namespace {

struct fact_rule {
  bool (*holds)(std::string_view unit) noexcept;
  uint32_t interest;
};

// A number is what cannot be guessed from the rest; names and identifiers mostly occur again.
constexpr std::array fact_rules{fact_rule{has_number, 160}, fact_rule{has_name, 64}, fact_rule{has_code, 64}};

} // namespace

std::vector<uint32_t> fact_interest(const document& source) {
  const auto units = static_cast<uint32_t>(source.units.size());
  std::vector<uint32_t> out(units);
  std::vector<uint8_t> holds(units);
  for (const auto& rule : fact_rules) {
    uint64_t with = 0;
    for (uint32_t i = 0; i < units; ++i) {
      holds[i] = rule.holds(source.of(i)) ? 1 : 0;
      with += holds[i];
    }
    if (with == 0)
      continue;
    // interest · (1 - share)²
    const uint64_t without = units - with;
    const auto each =
        static_cast<uint32_t>(rule.interest * (without * 1'024 / units) * (without * 1'024 / units) >> 20);
    for (uint32_t i = 0; i < units; ++i)
      out[i] = std::min(full_interest, out[i] + (holds[i] ? each : 0));
  }
  return out;
}

std::vector<uint32_t> query_overlap(const document& source, std::string_view query) {
  const auto units = static_cast<uint32_t>(source.units.size());
  word_table words;
  for_each_word(query, [&](const word_mark& word) { words.insert(word.hash); });
  // By word of the query: how many units have it, and the last that was seen with it, plus 1.
  std::vector<uint32_t> units_with(words.size());
  std::vector<uint32_t> seen_in(words.size());
  const auto for_each_match = [&](auto&& visit) {
    std::fill(seen_in.begin(), seen_in.end(), 0);
    for (uint32_t unit = 0; unit < units; ++unit)
      for_each_word(source.of(unit), [&](const word_mark& word) {
        const auto number = words.at(word.hash);
        if (number != word_table::none && seen_in[number] != unit + 1) {
          seen_in[number] = unit + 1;
          visit(unit, number);
        }
      });
  };
  for_each_match([&](uint32_t, uint32_t number) { ++units_with[number]; });
  std::vector<uint64_t> weights(words.size());
  uint64_t all = 0;
  for (uint32_t i = 0; i < words.size(); ++i)
    if (units_with[i] > 0)
      all += weights[i] = log2_of(uint64_t{256} * units / units_with[i]) - 8 * 256;
  std::vector<uint64_t> sums(units);
  for_each_match([&](uint32_t unit, uint32_t number) { sums[unit] += weights[number]; });
  std::vector<uint32_t> out(units);
  for (uint32_t i = 0; i < units && all > 0; ++i)
    out[i] = static_cast<uint32_t>(sums[i] * full_interest / all);
  return out;
}

} // namespace weft
