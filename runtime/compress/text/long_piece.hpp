#pragma once

#include "runtime/compress/text/unit_writer.hpp"

#include <cstddef>

namespace weft {

/// Adds text[begin, end), which knows no better end: in one unit up to bytes_max bytes, else cut where it pauses:
/// behind the last ; or : (or a full-width comma), else the last line end, else the last white space within bytes_max;
/// where there is none, at the next white space. REQUIRES: bytes_max >= 64.
void add_long_piece(unit_writer& writer, size_t begin, size_t end, unit_kind kind,
                    size_t bytes_max = sentence_bytes_max);

} // namespace weft
