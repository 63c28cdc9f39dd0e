#include "runtime/compress/text/sentences.hpp"

#include "runtime/compress/text/abbreviations.hpp"
#include "runtime/compress/text/long_piece.hpp"

#include <algorithm>
#include <array>

namespace weft {

namespace {

// No abbreviation is longer; keeps looking back cheap.
constexpr size_t word_bytes_max = 24;

// What one mark at the end of a sentence is.
struct stop {
  size_t bytes = 0;                                     ///< 0: none
  enum { none, dot, ellipsis, mark, wide } kind = none; ///< mark: ! ? and the like; wide: needs no space behind it
};

constexpr std::array<bool, 256> make_stop_bytes() {
  std::array<bool, 256> is{};
  for (const int c : {0x21, 0x2E, 0x3F, 0xD8, 0xDB, 0xE0, 0xE2, 0xE3, 0xEF})
    is[static_cast<size_t>(c)] = true;
  return is;
}
constexpr auto begins_stop = make_stop_bytes();

stop stop_at(std::string_view text, size_t at) noexcept {
  const auto c = text[at];
  if (c == '.')
    return {1, stop::dot};
  if (c == '!' || c == '?')
    return {1, stop::mark};
  const auto three = text.substr(at, 3);
  if (three == "\u3002" || three == "\uFF01" || three == "\uFF1F" || three == "\uFF61" || three == "\uFF1B")
    return {3, stop::wide};
  if (three == "\u2026")
    return {3, stop::ellipsis};
  if (three == "\u203C" || three == "\u2047" || three == "\u2048" || three == "\u2049" || three == "\u0964" ||
      three == "\u0965")
    return {3, stop::mark};
  if (three.substr(0, 2) == "\u061F" || three.substr(0, 2) == "\u06D4")
    return {2, stop::mark};
  return {};
}

// Bytes of a quote or bracket that may close behind a stop; 0: it is none.
size_t closer_bytes(std::string_view text, size_t at) noexcept {
  switch (text[at]) {
  case '"':
  case '\'':
  case ')':
  case ']':
  case '}':
  case '*':
  case '_':
  case '`':
    return 1;
  case '\xC2':
    return text.substr(at, 2) == "\u00BB" ? 2 : 0;
  case '\xE2': {
    const auto three = text.substr(at, 3);
    if (three == "\u201C") // closes in German, but opens in English and Chinese
      return at + 3 >= text.size() || is_space(text[at + 3]) ? 3 : 0;
    return three == "\u201D" || three == "\u2019" || three == "\u203A" ? 3 : 0;
  }
  case '\xE3': {
    const auto three = text.substr(at, 3);
    return three == "\u300D" || three == "\u300F" || three == "\u300B" || three == "\u3011" || three == "\u3009" ? 3
                                                                                                                 : 0;
  }
  case '\xEF':
    return text.substr(at, 3) == "\uFF09" || text.substr(at, 3) == "\uFF3D" ? 3 : 0;
  default:
    return 0;
  }
}

bool unspaced_before(std::string_view text, size_t begin, size_t at) noexcept {
  return at > begin && is_unspaced(character_at(text, character_before(text, at)).scalar);
}
bool unspaced_at(std::string_view text, size_t at) noexcept {
  return at < text.size() && is_unspaced(character_at(text, at).scalar);
}

bool opens(char c) noexcept {
  return c == '(' || c == '[' || c == '{' || c == '"' || c == '\'' || c == '*' || c == '_' || c == '`';
}

// The word that ends at `end`, back to white space or an opening mark.
std::string_view word_before(std::string_view text, size_t begin, size_t end) noexcept {
  auto at = end;
  while (at > begin && end - at < word_bytes_max && !is_space(text[at - 1]) && !opens(text[at - 1]))
    --at;
  return text.substr(at, end - at);
}

std::string_view word_after(std::string_view text, size_t begin) noexcept {
  auto at = begin;
  while (at < text.size() && at - begin < word_bytes_max && (is_letter(text[at]) || !is_ascii(text[at])))
    ++at;
  return text.substr(begin, at - begin);
}

bool all_of(std::string_view word, bool (*is)(char)) noexcept {
  return std::all_of(word.begin(), word.end(), is);
}

// "U.S", "z.B", "a.m": pieces of at most two letters.
bool is_dotted(std::string_view word) noexcept {
  if (word.find('.') == std::string_view::npos)
    return false;
  size_t letters = 0;
  for (const char c : word) {
    if (c == '.') {
      letters = 0;
      continue;
    }
    if (!is_letter(c) || ++letters > 2)
      return false;
  }
  return true;
}

bool is_number_like(std::string_view text, size_t at) noexcept {
  if (text[at] == '(' || text[at] == '#')
    return true;
  const auto word = text.substr(at, 2);
  if (std::any_of(word.begin(), word.end(), is_digit))
    return true;
  const auto roman = word_after(text, at);
  return !roman.empty() && roman != "I" && roman.find_first_not_of("IVXLC") == std::string_view::npos;
}

// Whether the single stop behind `word` ends the sentence, where what follows at `next` is no small letter.
bool dot_ends(std::string_view text, size_t begin, std::string_view word, size_t next) noexcept {
  if (word.empty())
    return true;
  const auto word_begin = static_cast<size_t>(word.data() - text.data());
  const auto following = word_after(text, next);
  if (word.size() == 1 && is_letter(word[0])) { // an initial
    auto before = word_begin;
    while (before > begin && is_space(text[before - 1]))
      --before;
    const auto previous = word_before(text, begin, before);
    const bool in_words = !previous.empty() && is_lower(previous[0]);
    return is_upper(word[0]) && in_words && (word[0] == 'I' || often_begins_sentence(following));
  }
  if (all_of(word, is_digit)) {
    if (word_begin == begin && word.size() <= 3) // "1. First point"
      return false;
    return word.size() > 2 || !follows_ordinal(following);
  }
  std::array<char, word_bytes_max> small{};
  std::transform(word.begin(), word.end(), small.begin(), to_lower);
  switch (find_abbreviation({small.data(), word.size()})) {
  case abbreviation::within:
    return false;
  case abbreviation::numbered:
  case abbreviation::month:
    return !is_number_like(text, next);
  case abbreviation::either:
    return often_begins_sentence(following);
  case abbreviation::last:
    return true;
  case abbreviation::none:
    return !is_dotted(word) || often_begins_sentence(following);
  }
  return true;
}

// Whether what begins at `at` goes on with the sentence whatever its stop was: a small letter, a comma, or either
// behind a dash.
bool goes_on(std::string_view text, size_t at) noexcept {
  auto c = character_at(text, at);
  if (c.scalar == '-' || c.scalar == 0x2013 || c.scalar == 0x2014) {
    while (at < text.size() && (c.scalar == '-' || c.scalar == 0x2013 || c.scalar == 0x2014 || c.scalar == ' ')) {
      at += c.bytes;
      if (at < text.size())
        c = character_at(text, at);
    }
    return at < text.size() && is_lower_letter(c.scalar);
  }
  return is_lower_letter(c.scalar) || c.scalar == '.' || c.scalar == ',' || c.scalar == ';' || c.scalar == ':';
}

// Stops in a row and what closes behind them.
struct stop_run {
  size_t end = 0;    ///< behind the stops
  size_t closed = 0; ///< behind what closes
  size_t dots = 0;
  bool mark = false;
  bool wide = false;
};

stop_run run_at(std::string_view text, size_t at) noexcept {
  stop_run run;
  run.end = at;
  while (run.end < text.size()) {
    const auto one = stop_at(text, run.end);
    if (one.bytes == 0)
      break;
    run.dots += one.kind == stop::dot ? 1 : one.kind == stop::ellipsis ? 3 : 0;
    run.mark |= one.kind == stop::mark;
    run.wide |= one.kind == stop::wide;
    run.end += one.bytes;
  }
  run.closed = run.end;
  while (run.closed < text.size()) {
    const auto bytes = closer_bytes(text, run.closed);
    if (bytes == 0)
      break;
    run.closed += bytes;
  }
  return run;
}

// Whether the run that begins at `at` ends the sentence. REQUIRES: text goes on behind it.
bool ends_sentence(std::string_view text, size_t begin, size_t at, const stop_run& run) noexcept {
  const bool beside_wide = (run.mark || run.dots > 1) && unspaced_before(text, begin, at);
  if (run.wide || (beside_wide && (unspaced_at(text, run.closed) || is_space(text[run.closed])))) {
    const auto following = text.substr(run.closed, 3); // a quotation with "to" or "tte" is inside a Japanese sentence
    return run.closed == run.end || (following != "\u3068" && following != "\u3063");
  }
  if (!is_space(text[run.closed]))
    return false;
  auto next = run.closed;
  while (next < text.size() && is_space(text[next]))
    ++next;
  if (next == text.size())
    return true;
  if (goes_on(text, next))
    return false;
  return run.mark || run.dots > 1 || run.closed > run.end || dot_ends(text, begin, word_before(text, begin, at), next);
}

} // namespace

size_t sentence_end(std::string_view whole, size_t begin, size_t from, size_t end) noexcept {
  const auto text = whole.substr(0, end);
  for (auto at = from; at < end;) {
    if (!begins_stop[static_cast<unsigned char>(text[at])] || stop_at(text, at).bytes == 0) {
      ++at;
      continue;
    }
    const auto run = run_at(text, at);
    if (run.closed == end || ends_sentence(text, begin, at, run))
      return run.closed;
    at = run.closed;
  }
  return end;
}

void add_sentences(unit_writer& writer, size_t begin, size_t from, size_t end, unit_kind kind) {
  while (begin < end) {
    while (begin < end && is_space(writer.text()[begin]))
      ++begin;
    from = std::max(from, begin);
    if (from >= end)
      break;
    const auto stop = sentence_end(writer.text(), begin, from, end);
    add_long_piece(writer, begin, stop, kind);
    begin = stop;
  }
  if (begin < end)
    writer.add(begin, end, kind);
}

} // namespace weft
