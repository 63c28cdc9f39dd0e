#pragma once

#include "runtime/compress/kinds.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

enum class unit_kind : uint8_t {
  sentence,
  heading,
  list_item,
  code_line, ///< of source code, or of a code block in other text
  log_line,
  table_row,
  record, ///< an element of a JSON array, or a member of an object, at the depth that is cut
};

/// The smallest piece that is kept or left out: never cut inside. Its bytes are text[begin, end), without white space
/// at either end; what lies between two units is white space (or punctuation that joins records).
struct text_unit {
  uint64_t begin = 0;
  uint64_t end = 0;
  unit_kind kind = unit_kind::sentence;
  uint8_t level = 0;      ///< of a heading: 1 is the highest; of others 0
  bool header = false;    ///< the first row of a table: says what the others mean
  uint32_t section = 0;   ///< ascending; a heading begins one
  uint32_t paragraph = 0; ///< ascending through the whole text; a heading is one of its own
};

/// What a text is like, each from 0 to 1 unless it says otherwise.
struct text_profile {
  double complexity = 0;          ///< long sentences and many different words
  double repetition = 0;          ///< share of bytes in lines or sentences whose form (digits apart) occurred before
  double technical = 0;           ///< share of words that are terms: digits or capitals inside, underscores, acronyms
  double mean_sentence_words = 0; ///< a number, not a share
  std::string language = "und";   ///< ISO 639-1 of the script and its commonest words; "und": not known
};

/// A text in pieces.
struct document {
  std::string_view text; ///< UTF-8; whoever made the document keeps it
  content_kind kind = content_kind::prose;
  std::string why_kind; ///< for people: "9 of 10 lines begin with a time"
  text_profile profile;
  std::vector<text_unit> units; ///< ascending, without overlap
  std::vector<uint32_t> tokens; ///< [units], by the counter of the request

  std::string_view of(uint32_t unit) const noexcept {
    return text.substr(units[unit].begin, units[unit].end - units[unit].begin);
  }
};

} // namespace weft
