#pragma once

#include "runtime/compress/text/lines.hpp"
#include "runtime/compress/unit.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace weft {

/// A unit is never longer: what is longer is cut at white space, else between characters.
inline constexpr size_t unit_bytes_max = size_t{1} << 20;
/// A sentence or a line of code that is longer is cut where it pauses.
inline constexpr size_t sentence_bytes_max = 2'048;

/// Takes the pieces that a splitter finds, in the order of the text; numbers sections and paragraphs, and keeps the
/// promises of text_unit: no white space at the ends, ascending, no unit too long. Not thread-safe.
class unit_writer {
public:
  explicit unit_writer(std::string_view text) : text_(text) {}

  std::string_view text() const noexcept { return text_; }

  /// Adds text[begin, end) without the white space at its ends; nothing where that leaves nothing. What exceeds
  /// unit_bytes_max becomes several units. REQUIRES: begin is not before the end of the last unit.
  void add(size_t begin, size_t end, unit_kind kind);
  /// A heading: a section and a paragraph of its own.
  void add_heading(size_t begin, size_t end, uint8_t level);
  /// The row that says what the others mean.
  void add_header(size_t begin, size_t end);
  /// What comes next belongs to another paragraph, or section. Twice is as once.
  void end_paragraph() noexcept { paragraph_ends_ = true; }
  void end_section() noexcept { section_ends_ = paragraph_ends_ = true; }

  std::vector<text_unit> take() noexcept { return std::move(units_); }
  const std::vector<text_unit>& units() const noexcept { return units_; }

private:
  void append(text_range piece, unit_kind kind, uint8_t level, bool header);

  std::string_view text_;
  std::vector<text_unit> units_;
  uint32_t section_ = 0;
  uint32_t paragraph_ = 0;
  bool section_ends_ = false;
  bool paragraph_ends_ = false;
};

/// Where to cut text[begin, end) so that the first piece has at most bytes_max bytes: behind the last white space of
/// its second half, else between two characters. REQUIRES: valid UTF-8, bytes_max >= 8. Returns end where it fits.
size_t cut_at_space(std::string_view text, size_t begin, size_t end, size_t bytes_max) noexcept;

} // namespace weft
