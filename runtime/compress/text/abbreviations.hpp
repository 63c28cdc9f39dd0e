#pragma once

#include <cstdint>
#include <string_view>

namespace weft {

/// What the stop behind an abbreviation can mean where a capital follows.
enum class abbreviation : uint8_t {
  none,     ///< not one that is known
  within,   ///< a name or more must follow: "Mr.", "e.g.", "vs."
  numbered, ///< ends a sentence unless a number follows: "No. 5", "Fig. 3"
  either,   ///< ends a sentence where a typical first word follows: "Inc.", "Jr.", "usw."
  last,     ///< ends a sentence where a capital follows: "etc."
  month,    ///< ends a sentence unless a number follows: "Jan. 5"
};

/// Of English, German, French and Spanish. word: in small ASCII letters, without its last stop ("e.g").
abbreviation find_abbreviation(std::string_view word) noexcept;

/// Whether sentences often begin with that word: "The", "However", "Der". As written, case included.
bool often_begins_sentence(std::string_view word) noexcept;

/// Whether a number with a stop goes on with that word: "3. Oktober", "19. Jahrhundert".
bool follows_ordinal(std::string_view word) noexcept;

} // namespace weft
