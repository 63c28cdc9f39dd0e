#pragma once

#include <cstdint>
#include <string_view>

namespace weft {

/// What kind of text a line looks like by itself. Of several, the first that fits, in this order.
enum class line_shape : uint8_t {
  blank,
  timed,   ///< a time stands at its start, or behind a host or a name
  leveled, ///< begins with a severity: "ERROR", "[warn]", "E:"
  heading, ///< "# Title"
  list,
  fence,
  rule,
  pipes, ///< a row of a pipe table
  comment,
  code,
  words, ///< running text
  other,
};
inline constexpr size_t line_shape_count = 12;

/// line: without indent and newline. Looks at its first and last few hundred bytes only.
line_shape shape_of(std::string_view line) noexcept;

/// Bytes of the date and time at the start of `text`: ISO 8601, syslog, Apache, glog, dmesg, epoch and others; 0: none.
size_t time_bytes(std::string_view text) noexcept;
/// A time within the line's first words.
bool has_time_at_start(std::string_view line) noexcept;
bool begins_with_level(std::string_view line) noexcept;

} // namespace weft
