#pragma once

#include "runtime/compress/text/unit_writer.hpp"

#include <cstddef>
#include <string_view>

namespace weft {

/// Where the sentence ends that begins at `begin`, behind its stop and what closes with it (quotes, brackets): between
/// `from` and `end`. Knows abbreviations, initials, decimals, ellipses, enumerators, and the stops of CJK, Arabic and
/// Hindi. Newlines mean nothing to it. Linear; looks at nothing outside [begin, end). REQUIRES: begin <= from < end.
size_t sentence_end(std::string_view text, size_t begin, size_t from, size_t end) noexcept;

/// Adds the sentences of text[begin, end), one paragraph or less, as units of that kind. `from`: where the words begin
/// (behind the marker of a list item), so that the stop in "1." ends nothing.
void add_sentences(unit_writer& writer, size_t begin, size_t from, size_t end, unit_kind kind);

} // namespace weft
