#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weft::cli {

struct terminal_size {
  size_t columns = 80;
  size_t rows = 24;
};

/// What the program may do on one of its outputs. Asked once, when it starts.
struct terminal {
  bool is_terminal = false;
  bool colour = false; ///< a terminal, NO_COLOR unset or empty, TERM not "dumb"
  bool screen = false; ///< the cursor can be moved
};

/// descriptor: 1 or 2.
terminal look_at_terminal(int descriptor);

/// The size now: COLUMNS and LINES where set, else what the terminal says, else 80 × 24.
terminal_size size_of_terminal(int descriptor);

enum class tone { plain, bold, dim, good, warning, bad };

/// The text in that tone, or as it is without colour.
std::string paint(std::string_view text, tone t, bool colour);

} // namespace weft::cli
