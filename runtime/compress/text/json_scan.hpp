#pragma once

#include <cstddef>
#include <string_view>

namespace weft {

/// Deeper nesting is not taken for JSON.
inline constexpr size_t json_depth_max = 512;

/// What became of reading one JSON value (RFC 8259).
struct json_scan {
  size_t end = 0; ///< behind the value, or the byte that does not fit
  bool valid = false;
  size_t members = 0; ///< keys and elements that were read, on all levels
};

/// Reads the value that begins at `at`, white space before it skipped, and looks at nothing behind `end`. Linear,
/// without recursion.
json_scan scan_json(std::string_view text, size_t at, size_t end) noexcept;

/// Behind the value that begins at `at`. REQUIRES: text[at, …) is valid JSON, no white space at `at`.
size_t skip_json(std::string_view text, size_t at) noexcept;

/// The first byte from `at` on that is no white space of JSON, or end.
size_t skip_json_space(std::string_view text, size_t at, size_t end) noexcept;

} // namespace weft
