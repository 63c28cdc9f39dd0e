#include "runtime/compress/strategies/templates.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/mix_bits.hpp"
#include "runtime/compress/select/words.hpp"
#include "runtime/compress/strategies/line_form.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <utility>

namespace weft {
namespace {

// Forms beyond share the form of their group, or the last one: memory stays below 2 MiB.
constexpr uint32_t templates_max = 4'096;
// Of one group; so a line is compared with no more.
constexpr uint32_t group_max = 32;
// Share of equal words from which two lines have one form (Drain's similarity threshold: He and others, 2017).
constexpr uint32_t similar_percent = 60;
// Rare: at most so often, or less than one line in a thousand...
constexpr uint32_t rare_count = 2;
constexpr uint64_t rare_lines = 1'000;
// ...unless more than one line in eight were: then forms say nothing about what is unusual.
constexpr uint64_t rare_share = 8;

/// Forms as a tree of fixed depth: by the number of words, then by the first two words, then by likeness (after Drain).
/// Exact forms are looked up first: in a log they are nearly all lines.
class form_tree {
public:
  /// The template of a form; a word of it that differs becomes a value.
  uint32_t template_of(const line_form& form) {
    const uint32_t exact = exact_.insert(form.hash);
    if (exact != word_table::none && exact < known_.size())
      return known_[exact];
    const uint32_t found = match(form);
    if (exact != word_table::none)
      known_.push_back(found);
    return found;
  }

  uint32_t size() const noexcept { return static_cast<uint32_t>(words_.size()); }

private:
  uint32_t match(const line_form& form) {
    uint64_t key = mix_bits(form.words.size() + 1);
    for (size_t i = 0; i < std::min<size_t>(form.words.size(), 2); ++i)
      key = mix_bits(key ^ form.words[i]);
    // Once there are enough forms no group is begun either.
    const uint32_t group = size() < templates_max ? groups_.insert(key) : groups_.at(key);
    if (group == word_table::none)
      return size() - 1;
    if (group == members_.size())
      members_.emplace_back();
    auto& members = members_[group];
    uint32_t best = std::numeric_limits<uint32_t>::max();
    size_t best_equal = 0;
    for (const uint32_t member : members)
      if (const size_t equal = equal_words(words_[member], form.words); equal > best_equal) {
        best = member;
        best_equal = equal;
      }
    const bool like = best_equal * 100 >= form.words.size() * similar_percent;
    const bool full = size() >= templates_max || members.size() >= group_max;
    if (best_equal > 0 && (like || full)) {
      auto& words = words_[best];
      for (size_t i = 0; i < words.size(); ++i)
        if (words[i] != form.words[i])
          words[i] = line_form::value;
      return best;
    }
    if (full)
      return members.empty() ? size() - 1 : members.front();
    members.push_back(size());
    words_.push_back(form.words);
    return size() - 1;
  }

  static size_t equal_words(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) noexcept {
    if (a.size() != b.size()) // of another length by a collision of hashes
      return 0;
    size_t equal = a.empty() ? 1 : 0;
    for (size_t i = 0; i < a.size(); ++i)
      equal += a[i] == b[i] ? 1 : 0;
    return equal;
  }

  word_table exact_;
  std::vector<uint32_t> known_; ///< by exact form: its template
  word_table groups_;
  std::vector<std::vector<uint32_t>> members_; ///< by group: templates
  std::vector<std::vector<uint32_t>> words_;   ///< by template
};

/// Units in an order in which any beginning is spread evenly over the text: places by their bits, reversed.
std::vector<uint32_t> spread(uint32_t units) {
  std::vector<uint32_t> out;
  out.reserve(units);
  const uint32_t bits = static_cast<uint32_t>(std::bit_width(std::max(units, 1u) - 1));
  for (uint64_t i = 0; i < uint64_t{1} << bits; ++i) {
    uint32_t place = 0;
    for (uint32_t b = 0; b < bits; ++b)
      place |= static_cast<uint32_t>(i >> b & 1) << (bits - 1 - b);
    if (place < units)
      out.push_back(place);
  }
  return out;
}

/// Collects units, each once.
class ordering {
public:
  explicit ordering(const document& source) : source_(source), taken_(source.units.size()) {}

  void take(uint32_t unit) {
    if (taken_[unit] != 0 || source_.units[unit].kind == unit_kind::heading)
      return;
    taken_[unit] = 1;
    order.push_back(unit);
  }

  std::vector<uint32_t> order;

private:
  const document& source_;
  std::vector<uint8_t> taken_;
};

/// Of each template the first unit whose mark is as wanted: of marked ones the rarest template first, else the
/// commonest.
std::vector<uint32_t> exemplars(const template_facts& facts, const std::vector<uint8_t>& marks, bool marked) {
  std::vector<uint32_t> first(facts.templates, word_table::none);
  for (uint32_t i = 0; i < facts.template_of.size(); ++i)
    if (first[facts.template_of[i]] == word_table::none && (marks[i] != 0) == marked)
      first[facts.template_of[i]] = i;
  std::erase(first, word_table::none);
  std::stable_sort(first.begin(), first.end(), [&](uint32_t a, uint32_t b) {
    const uint32_t x = facts.counts[facts.template_of[a]];
    const uint32_t y = facts.counts[facts.template_of[b]];
    return x != y ? (marked ? x < y : x > y) : a < b;
  });
  return first;
}

/// Of the units that are marked.
uint64_t tokens_of(const document& source, const std::vector<uint8_t>& marks) {
  uint64_t tokens = 0;
  for (size_t i = 0; i < marks.size(); ++i)
    tokens += marks[i] != 0 ? source.tokens[i] : 0;
  return tokens;
}

/// Where one template gives way to another for the first time: what belongs together, and what begins.
std::vector<uint32_t> changes(const template_facts& facts) {
  word_table pairs;
  std::vector<uint32_t> out;
  for (uint32_t i = 1; i < facts.template_of.size(); ++i) {
    const uint64_t from = facts.template_of[i - 1];
    const uint64_t to = facts.template_of[i];
    const uint32_t before = pairs.size();
    if (from != to && pairs.insert(mix_bits(from << 32 | to)) == before)
      out.push_back(i);
  }
  return out;
}

} // namespace

template_facts find_templates(const document& source) {
  template_facts out;
  const auto units = static_cast<uint32_t>(source.units.size());
  form_tree tree;
  line_form form;
  for (uint32_t i = 0; i < units; ++i) {
    const std::string_view text = source.of(i);
    read_form(text, form);
    out.template_of.push_back(tree.template_of(form));
    out.errors.push_back(severity_of(text) != line_severity::none ? 1 : 0);
  }
  out.exceptions = out.errors;
  out.templates = tree.size();
  out.counts.resize(out.templates);
  for (const uint32_t t : out.template_of)
    ++out.counts[t];
  const auto rare = [&](uint32_t count) { return count <= rare_count || count * rare_lines < units; };
  uint64_t rare_units = 0;
  for (const uint32_t count : out.counts)
    rare_units += rare(count) ? count : 0;
  if (rare_units * rare_share <= units)
    for (uint32_t i = 0; i < units; ++i)
      if (rare(out.counts[out.template_of[i]]))
        out.exceptions[i] = 1;
  return out;
}

template_totals totals_of(const template_facts& facts, std::span<const uint32_t> kept) {
  template_totals out;
  out.templates = facts.templates;
  for (const uint8_t exception : facts.exceptions)
    out.exceptions += exception;
  std::vector<uint8_t> seen(facts.templates);
  for (const uint32_t unit : kept) {
    out.exceptions_kept += facts.exceptions[unit];
    out.templates_kept += seen[facts.template_of[unit]] == 0 ? 1 : 0;
    seen[facts.template_of[unit]] = 1;
  }
  return out;
}

std::vector<uint32_t> count_stands_for(const document& source, const template_facts& facts,
                                       std::span<const uint32_t> kept) {
  WEFT_ASSERT(facts.template_of.size() == source.units.size());
  const auto is_title = [&](uint32_t unit) {
    return source.units[unit].kind == unit_kind::heading || source.units[unit].header;
  };
  std::vector<uint32_t> left_out(size_t{2} * facts.templates); // by template, ordinary lines and exceptions apart
  const auto group_of = [&](uint32_t unit) -> uint32_t& {
    return left_out[size_t{2} * facts.template_of[unit] + facts.exceptions[unit]];
  };
  for (uint32_t i = 0; i < source.units.size(); ++i)
    if (!is_title(i))
      ++group_of(i);
  for (const uint32_t unit : kept)
    if (!is_title(unit))
      --group_of(unit);
  std::vector<uint32_t> out;
  out.reserve(kept.size());
  for (const uint32_t unit : kept)
    out.push_back(is_title(unit) ? 1 : 1 + std::exchange(group_of(unit), 0));
  return out;
}

strategy_ranking rank_by_templates(const strategy_input& input, const template_facts& facts) {
  WEFT_ASSERT(input.source != nullptr);
  const document& source = *input.source;
  const auto units = static_cast<uint32_t>(source.units.size());
  WEFT_ASSERT(facts.template_of.size() == units);
  ordering chosen{source};
  if (units == 0)
    return {{}, "no lines"};
  const auto take_marked = [&](const std::vector<uint8_t>& marks) {
    for (uint32_t i = 0; i < units; ++i)
      if (marks[i] != 0)
        chosen.take(i);
  };
  // Errors before forms that are only rare. Of either, where not all fit: one of each form, the rarest first, then the
  // forms of what is no exception, and the rest only after them.
  for (const auto* marks : {&facts.errors, &facts.exceptions}) {
    for (const uint32_t unit : exemplars(facts, *marks, true))
      chosen.take(unit);
    if (tokens_of(source, *marks) <= input.budget)
      take_marked(*marks);
  }
  for (const uint32_t unit : exemplars(facts, facts.exceptions, false))
    chosen.take(unit);
  take_marked(facts.errors);
  take_marked(facts.exceptions);
  chosen.take(0);
  chosen.take(units - 1);
  for (const uint32_t unit : changes(facts))
    chosen.take(unit);
  for (const uint32_t unit : spread(units))
    chosen.take(unit);
  return {std::move(chosen.order), std::to_string(facts.templates) + " templates and " +
                                       std::to_string(std::ranges::count(facts.exceptions, uint8_t{1})) +
                                       " exceptions in " + std::to_string(units) + " lines"};
}

strategy_ranking rank_by_templates(const strategy_input& input) {
  WEFT_ASSERT(input.source != nullptr);
  return rank_by_templates(input, find_templates(*input.source));
}

} // namespace weft
