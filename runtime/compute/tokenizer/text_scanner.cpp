#include "runtime/compute/tokenizer/text_scanner.hpp"

#include "runtime/compute/tokenizer/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace weft {

bool text_scanner::next() noexcept {
  size_ = 0;
  characters_ = 0;
  marks_size_ = 0;
  special_ = nullptr;
  while (at_ != end_) {
    const uint8_t kind = rules_.ascii_of(*at_);
    if (kind >= text_rules::ascii_word) {
      read_ascii();
    } else if (kind == text_rules::ascii_drop) {
      ++at_;
    } else if (kind == text_rules::not_ascii) {
      if (!read_scalar())
        return true;
    } else if (characters_ != 0) {
      return true; // what ends the word is for the next call
    } else if (kind == text_rules::ascii_space) {
      ++at_;
    } else {
      if (kind == text_rules::ascii_bracket && read_special())
        return true;
      append({at_, 1}, 1);
      ++at_;
      return true;
    }
  }
  return characters_ != 0;
}

/// Takes letters and digits until something else comes.
void text_scanner::read_ascii() noexcept {
  const char* at = at_;
  char* out = word_.data() + size_;
  // One character more than a word may have: is_unknown() is then true, and the rest is only skipped.
  const ptrdiff_t room = is_unknown() ? 0 : word_characters_max + 1 - characters_;
  const char* const stored_end = at + std::min(end_ - at, room);
  uint8_t kind = 0;
  while (at != stored_end && (kind = rules_.ascii_of(*at)) >= text_rules::ascii_word) {
    *out++ = static_cast<char>(kind);
    ++at;
  }
  const auto taken = static_cast<uint32_t>(at - at_);
  size_ += taken;
  characters_ += taken;
  marks_size_ = 0;
  if (at == stored_end)
    while (at != end_ && rules_.ascii_of(*at) >= text_rules::ascii_word)
      ++at;
  at_ = at;
}

/// Takes a character outside ASCII. False where it ends the word (and stays), or is a word itself.
bool text_scanner::read_scalar() noexcept {
  const char* after = at_;
  const text_rules::value value = rules_.of(utf8_decode(after));
  const std::string_view raw(at_, static_cast<size_t>(after - at_));
  switch (value) {
  case text_rules::keep:
    append(raw, 1);
    break;
  case text_rules::drop:
    break;
  case text_rules::drop_starter:
    marks_size_ = 0;
    break;
  case text_rules::space:
    if (characters_ != 0)
      return false;
    break;
  case text_rules::isolate:
    if (characters_ == 0) {
      append(raw, 1);
      at_ = after;
    }
    return false;
  default: {
    const auto& replaced = rules_.replaced(value);
    if (replaced.combining) {
      append_ordered(replaced.text());
      break;
    }
    if (replaced.isolate && characters_ != 0)
      return false;
    append(replaced.text(), replaced.characters);
    at_ = after;
    return !replaced.isolate;
  }
  }
  at_ = after;
  return true;
}

bool text_scanner::read_special() noexcept {
  const std::string_view rest(at_, static_cast<size_t>(end_ - at_));
  for (const special_token& token : specials_)
    if (rest.starts_with(token.text)) {
      special_ = &token;
      at_ += token.text.size();
      return true;
    }
  return false;
}

void text_scanner::append(std::string_view bytes, uint32_t characters) noexcept {
  marks_size_ = 0;
  if (is_unknown())
    return; // nothing that follows can change what the word is
  std::memcpy(word_.data() + size_, bytes.data(), bytes.size());
  size_ += static_cast<uint32_t>(bytes.size());
  characters_ += characters;
}

/// Canonical ordering (the Unicode standard, section 3.11): a mark goes before those of a higher class that precede it
/// since the last starter.
void text_scanner::append_ordered(std::string_view bytes) noexcept {
  for (const char* at = bytes.data(); at != bytes.data() + bytes.size();) {
    const char* const begin = at;
    const uint8_t rank = rules_.combining_rank(utf8_decode(at));
    const auto length = static_cast<size_t>(at - begin);
    if (rank == 0) {
      append({begin, length}, 1);
      continue;
    }
    if (is_unknown())
      return;
    uint32_t place = marks_size_;
    while (place > 0 && marks_[place - 1].rank > rank)
      --place;
    const auto where = place == marks_size_ ? static_cast<uint16_t>(size_) : marks_[place].begin;
    std::memmove(word_.data() + where + length, word_.data() + where, size_ - where);
    std::memcpy(word_.data() + where, begin, length);
    for (uint32_t i = marks_size_; i > place; --i)
      marks_[i] = {static_cast<uint16_t>(marks_[i - 1].begin + length), marks_[i - 1].rank};
    marks_[place] = {where, rank};
    ++marks_size_;
    size_ += static_cast<uint32_t>(length);
    ++characters_;
  }
}

} // namespace weft
