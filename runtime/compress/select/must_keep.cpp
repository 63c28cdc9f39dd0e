#include "runtime/compress/select/must_keep.hpp"

#include "runtime/compress/select/words.hpp"

#include <algorithm>
#include <re2/re2.h>
#include <utility>

namespace weft {
namespace {

// Of RE2's programs and automata, a pattern: its automaton is built as it goes and forgotten when full, so less memory
// costs time and nothing else.
constexpr int64_t pattern_memory_max = 8 << 20;

constexpr char quote_of_code = '`';

bool is_small(char c) noexcept {
  return class_of(c) == byte_class::lower;
}
bool is_word(char c) noexcept {
  const byte_class k = class_of(c);
  return k == byte_class::lower || k == byte_class::upper || k == byte_class::digit || k == byte_class::high ||
         c == '_';
}

/// The word begins what is said: the unit, or a sentence or a quotation in it.
bool begins_sentence(std::string_view unit, size_t begin) noexcept {
  while (begin > 0 && is_white_space(unit[begin - 1]))
    --begin;
  if (begin == 0)
    return true;
  switch (unit[begin - 1]) {
  case '.':
  case '!':
  case '?':
  case ':':
  case '"':
  case '\'':
  case '(':
  case '*':
  case '#':
  case '-':
    return true;
  default:
    return high_kind::mark == last_high(unit.substr(0, begin)).kind && class_of(unit[begin - 1]) == byte_class::high;
  }
}

bool between_backticks(std::string_view unit) noexcept {
  const size_t open = unit.find(quote_of_code);
  const size_t inside = open == std::string_view::npos ? open : unit.find_first_not_of(quote_of_code, open);
  return inside != std::string_view::npos && unit.find(quote_of_code, inside) != std::string_view::npos;
}

} // namespace

bool has_number(std::string_view unit) noexcept {
  return std::any_of(unit.begin(), unit.end(), [](char c) { return class_of(c) == byte_class::digit; });
}

bool has_name(std::string_view unit) noexcept {
  bool found = false;
  for_each_word(unit, [&](const word_mark& word) {
    if (found || word.capitals == 0 || word.underscored)
      return;
    const bool acronym = word.capitals >= 2 && word.capitals == word.letters;
    const bool capitalised = class_of(unit[word.begin]) == byte_class::upper && word.letters > 1;
    found = acronym || (capitalised && !begins_sentence(unit, word.begin));
  });
  return found;
}

bool has_code(std::string_view unit) noexcept {
  if (between_backticks(unit))
    return true;
  bool found = false;
  for_each_word(unit, [&](const word_mark& word) {
    if (found || word.letters == 0)
      return;
    const std::string_view rest = unit.substr(word.end);
    const bool scoped = rest.size() > 2 && rest[0] == ':' && rest[1] == ':' && is_word(rest[2]);
    const bool called = !rest.empty() && rest[0] == '(' && word.letters > 1 && // "file(s)" is no call
                        !(rest.size() > 2 && is_small(rest[1]) && rest[2] == ')');
    bool humped = false;
    for (size_t i = word.begin + 1; i < word.end && word.capitals > 0; ++i)
      humped = humped || (class_of(unit[i]) == byte_class::upper && is_small(unit[i - 1]));
    found = scoped || called || humped || (word.underscored && word.end - word.begin > 1);
  });
  return found;
}

struct must_keep::rules {
  bool numbers = false;
  bool names = false;
  bool code = false;
  std::vector<std::unique_ptr<const re2::RE2>> patterns;

  bool hold(const document& source, uint32_t unit) const {
    const std::string_view text = source.of(unit);
    if (code && (source.units[unit].kind == unit_kind::code_line || has_code(text)))
      return true;
    if ((numbers && has_number(text)) || (names && has_name(text)))
      return true;
    return std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) {
      return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern);
    });
  }
};

must_keep::must_keep(std::unique_ptr<rules> made) : rules_(std::move(made)) {}
must_keep::must_keep(must_keep&&) noexcept = default;
must_keep& must_keep::operator=(must_keep&&) noexcept = default;
must_keep::~must_keep() = default;

result<must_keep> must_keep::compile(std::span<const keep_kind> kinds, std::span<const std::string> patterns,
                                     uint64_t text_bytes) {
  auto made = std::make_unique<rules>();
  for (const keep_kind kind : kinds) {
    made->numbers |= kind == keep_kind::numbers;
    made->names |= kind == keep_kind::names;
    made->code |= kind == keep_kind::code;
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_longest_match(false);
  options.set_max_mem(pattern_memory_max);
  uint64_t instructions = 0;
  for (const std::string& pattern : patterns) {
    auto compiled = std::make_unique<const re2::RE2>(pattern, options);
    if (!compiled->ok())
      return failure{errc::invalid_argument,
                     "The pattern '" + pattern + "' is no regular expression of RE2: " + compiled->error() + ".",
                     {{"field", "patterns"}, {"pattern", pattern}}};
    instructions += static_cast<uint64_t>(std::max(compiled->ProgramSize(), 1));
    if (instructions > pattern_steps_max / std::max<uint64_t>(text_bytes, 1))
      return failure{errc::invalid_argument,
                     "The pattern '" + pattern + "' is too large for a text of " + std::to_string(text_bytes) +
                         " bytes: all patterns together may have " +
                         std::to_string(pattern_steps_max / std::max<uint64_t>(text_bytes, 1)) + " instructions.",
                     {{"field", "patterns"}, {"pattern", pattern}}};
    made->patterns.push_back(std::move(compiled));
  }
  return must_keep{std::move(made)};
}

bool must_keep::empty() const noexcept {
  return !rules_->numbers && !rules_->names && !rules_->code && rules_->patterns.empty();
}

std::vector<uint8_t> must_keep::required(const document& source) const {
  std::vector<uint8_t> out(source.units.size());
  if (empty())
    return out;
  for (uint32_t i = 0; i < out.size(); ++i)
    out[i] = rules_->hold(source, i) ? 1 : 0;
  return out;
}

} // namespace weft
