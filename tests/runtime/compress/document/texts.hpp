#pragma once

#include "runtime/base/random_source.hpp"

#include <string>

namespace weft::test {

/// What a random text looks like.
enum class look { prose, lines, one_line, two_letters, wide, uniform };
inline constexpr look looks[] = {look::prose,       look::lines, look::one_line,
                                 look::two_letters, look::wide,  look::uniform};

/// Valid UTF-8 of about so many bytes.
inline std::string random_text(random_source& chance, look how, size_t bytes) {
  static constexpr const char* wide[] = {"é", "一", "\U0001F600", "a", "。", "ß"};
  std::string out;
  out.reserve(bytes + 4);
  while (out.size() < bytes)
    switch (how) {
    case look::prose:
      out += static_cast<char>('a' + chance.below(26));
      if (chance.below(6) == 0)
        out += chance.below(100) == 0 ? "\n\n" : " ";
      break;
    case look::lines:
      out += static_cast<char>('0' + chance.below(10));
      if (chance.below(60) == 0)
        out += "\r\n";
      break;
    case look::one_line:
      out += static_cast<char>(' ' + chance.below(95));
      break;
    case look::two_letters:
      out += chance.chance(0.5) ? 'a' : 'b';
      break;
    case look::wide:
      out += wide[chance.below(6)];
      break;
    case look::uniform:
      out += 'x';
      break;
    }
  return out;
}

} // namespace weft::test
