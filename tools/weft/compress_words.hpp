#pragma once

#include "weft/v1/compress.pb.h"

#include <string>

namespace weft::cli {

/// One line for people: "1 204 → 150 tokens (8.03×), prose, semantic, 12 of 96 units, coverage 0.81, fidelity 0.93".
std::string report_line(const v1::Compressed& compressed);

/// What `--explain` says: what the text is and why, how it was made short and why, what was kept, what was lost in
/// plain words, where the time went. Lines with their ends.
std::string explanation(const v1::Compressed& compressed, bool colour);

} // namespace weft::cli
