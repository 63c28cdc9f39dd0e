#include "runtime/compress/strategies/line_form.hpp"

#include "runtime/base/mix_bits.hpp"
#include "runtime/compress/select/characters.hpp"

namespace weft {
namespace {

constexpr uint64_t seed = 0x9e3779b97f4a7c15ULL;
constexpr uint64_t prime = 0x00000100000001b3ULL; // of FNV-1a, 64 bits

/// Longer quotations are taken for an apostrophe or a lost mark.
constexpr size_t quotation_max = 512;

uint32_t word_of(uint64_t hash) noexcept {
  return static_cast<uint32_t>(mix_bits(hash) >> 32) | 1; // never 0, which is a value
}

/// Part of a word or value: letters, digits, and what addresses, identifiers and paths have inside.
bool joins(char c) noexcept {
  switch (class_of(c)) {
  case byte_class::lower:
  case byte_class::upper:
  case byte_class::digit:
  case byte_class::high:
    return true;
  case byte_class::punctuation:
    return c == '_' || c == '-' || c == '.' || c == '/' || c == '\\' || c == '@' || c == '%' || c == '+' || c == '~';
  default:
    return false;
  }
}

struct piece {
  size_t end = 0;
  uint32_t word = line_form::value;
};

/// The word or value that begins at `at`, where joins() holds.
piece read_piece(std::string_view line, size_t at) noexcept {
  bool is_value = false;
  uint64_t hash = seed;
  const size_t begin = at;
  for (; at < line.size() && joins(line[at]); ++at) {
    const char c = line[at];
    is_value |= class_of(c) == byte_class::digit || c == '/' || c == '\\' || c == '@';
    hash = (hash ^ static_cast<unsigned char>(c)) * prime;
  }
  size_t end = at;
  while (end > begin + 1 && line[end - 1] == '.') // ends a sentence
    --end;
  if (is_value)
    return {at, line_form::value};
  if (end != at) {
    hash = seed;
    for (size_t i = begin; i < end; ++i)
      hash = (hash ^ static_cast<unsigned char>(line[i])) * prime;
  }
  return {at, word_of(hash)};
}

/// Behind the mark that closes the quotation at `at`; `at` where there is none.
size_t quotation_end(std::string_view line, size_t at) noexcept {
  const char quote = line[at];
  for (size_t i = at + 1; i < line.size() && i - at < quotation_max; ++i) {
    if (line[i] == '\\')
      ++i;
    else if (line[i] == quote)
      return i + 1;
  }
  return at;
}

bool is_key(std::string_view line, size_t end) noexcept {
  while (end < line.size() && line[end] == ' ')
    ++end;
  return end < line.size() && line[end] == ':';
}

} // namespace

void read_form(std::string_view line, line_form& out) {
  out.words.clear();
  out.hash = seed;
  bool after_equals = false;
  const auto add = [&](uint32_t word) {
    // Values in a row are one: a date and a time, an address and its port, a list of numbers.
    if (word == line_form::value && !out.words.empty() && out.words.back() == line_form::value)
      return;
    out.words.push_back(word);
    out.hash = mix_bits(out.hash ^ word) + seed;
  };
  for (size_t at = 0; at < line.size() && out.words.size() < line_form::words_max;) {
    const char c = line[at];
    if (is_white_space(c)) {
      ++at;
      after_equals = false;
      continue;
    }
    if (c == '"' || c == '\'') {
      const size_t end = quotation_end(line, at);
      if (end > at) {
        if (c == '"' && is_key(line, end)) { // of a record: its keys are its form
          uint64_t hash = seed;
          for (size_t i = at + 1; i + 1 < end; ++i)
            hash = (hash ^ static_cast<unsigned char>(line[i])) * prime;
          add(word_of(hash));
        } else {
          add(line_form::value);
        }
        at = end;
        continue;
      }
    }
    if (joins(c)) {
      const piece read = read_piece(line, at);
      at = read.end;
      add(after_equals ? line_form::value : read.word);
      continue;
    }
    after_equals = c == '=';
    const bool separates = c == ':' || c == ',' || c == ';'; // between values as between words: says nothing
    if (!separates)
      add(word_of((seed ^ static_cast<unsigned char>(c)) * prime));
    ++at;
  }
  out.hash = mix_bits(out.hash ^ out.words.size());
}

} // namespace weft
