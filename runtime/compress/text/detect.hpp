#pragma once

#include "runtime/compress/kinds.hpp"

#include <string>
#include <string_view>

namespace weft {

/// Of a large text, detection and profile look at three parts of so many bytes: start, middle, end.
inline constexpr size_t sample_bytes = size_t{64} << 10;

/// What a text is.
struct detection {
  content_kind kind = content_kind::prose;
  std::string why;       ///< for people, one line
  char delimiter = 0;    ///< of a table: , ; | or tab
  bool by_lines = false; ///< no structure can be relied on: each line for itself
};

/// JSON is read to its end; of anything else only samples. REQUIRES: valid UTF-8.
detection detect_content(std::string_view text);

} // namespace weft
