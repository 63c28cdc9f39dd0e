#pragma once

#include "runtime/base/mix_bits.hpp"
#include "runtime/compress/select/characters.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace weft {

/// One word of a text: a run of letters, digits and '_', or one CJK character.
struct word_mark {
  uint64_t hash = 0; ///< of its bytes, ASCII in small letters
  size_t begin = 0;
  size_t end = 0;
  uint32_t digits = 0;
  uint32_t capitals = 0; ///< of ASCII
  uint32_t letters = 0;  ///< of ASCII, small and capital; of others, their bytes
  bool underscored = false;
  bool ideograph = false;
};

/// Calls visit(word_mark) for each word, in order. One pass, one multiplication a byte.
template <class Visit> void for_each_word(std::string_view text, Visit&& visit) {
  constexpr uint64_t seed = 0x9e3779b97f4a7c15ULL;
  constexpr uint64_t prime = 0x00000100000001b3ULL; // of FNV-1a, 64 bits
  word_mark word;
  word.hash = seed;
  bool open = false;
  const auto close = [&](size_t end) {
    if (!open)
      return;
    word.end = end;
    word.hash = mix_bits(word.hash);
    visit(static_cast<const word_mark&>(word));
    word = {};
    word.hash = seed;
    open = false;
  };
  const auto take = [&](size_t at, unsigned char byte) {
    if (!open) {
      open = true;
      word.begin = at;
    }
    word.hash = (word.hash ^ byte) * prime;
  };
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    switch (class_of(c)) {
    case byte_class::upper:
      ++word.capitals;
      [[fallthrough]];
    case byte_class::lower:
      take(at++, static_cast<unsigned char>(c | 0x20));
      ++word.letters;
      continue;
    case byte_class::digit:
      take(at++, static_cast<unsigned char>(c));
      ++word.digits;
      continue;
    case byte_class::punctuation:
      if (c == '_') {
        take(at++, '_');
        word.underscored = true;
        continue;
      }
      break;
    case byte_class::high: {
      const high_character character = high_at(text, at);
      if (character.kind == high_kind::ideograph)
        close(at);
      else if (character.kind != high_kind::letter)
        break;
      for (uint32_t i = 0; i < character.bytes; ++i)
        take(at + i, static_cast<unsigned char>(text[at + i]));
      at += character.bytes;
      word.letters += character.bytes;
      if (character.kind == high_kind::ideograph) {
        word.ideograph = true;
        close(at);
      }
      continue;
    }
    default:
      break;
    }
    close(at);
    at += class_of(c) == byte_class::high ? high_at(text, at).bytes : 1;
  }
  close(text.size());
}

/// Small numbers for words, by their hashes (two words of one hash are one word: one pair in 2^64). Open addressing.
class word_table {
public:
  static constexpr uint32_t none = ~0u;
  /// Later words of a text with more have no number: they are ignored, and memory stays below 32 MiB.
  static constexpr uint32_t words_max = 1u << 20;

  /// The word's number, a new one for a new word; none when the table is full.
  uint32_t insert(uint64_t hash) {
    if (size_ * 2 >= slots_.size())
      grow();
    slot& found = find(hash);
    if (found.number == none && size_ < words_max) {
      found = {hash, size_};
      ++size_;
    }
    return found.number;
  }

  /// none: it is not there.
  uint32_t at(uint64_t hash) const { return const_cast<word_table*>(this)->find(hash).number; }

  uint32_t size() const noexcept { return size_; }

private:
  struct slot {
    uint64_t hash = 0;
    uint32_t number = none;
  };

  slot& find(uint64_t hash) {
    for (size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1))
      if (slots_[at].number == none || slots_[at].hash == hash)
        return slots_[at];
  }

  void grow() {
    if (size_ == words_max)
      return;
    std::vector<slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const slot& s : old)
      if (s.number != none)
        find(s.hash) = s;
  }

  std::vector<slot> slots_ = std::vector<slot>(1024);
  uint32_t size_ = 0;
};

/// log2(n) * 256, rounded down; 0 for 0 and 1. In integers, so equal on any machine: a straight line between powers of
/// two, less than 0.09 off.
constexpr uint32_t log2_of(uint64_t n) noexcept {
  if (n < 2)
    return 0;
  const auto exponent = static_cast<uint32_t>(std::bit_width(n) - 1);
  const uint64_t fraction = exponent >= 8 ? (n >> (exponent - 8)) & 0xff : (n << (8 - exponent)) & 0xff;
  return exponent * 256 + static_cast<uint32_t>(fraction);
}

} // namespace weft
