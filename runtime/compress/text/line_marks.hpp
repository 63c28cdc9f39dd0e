#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft {

// What a line is by its marks alone. `line`: its content, without indent and newline.

/// 1 to 6 for "# Title" to "###### Title", else 0.
uint8_t hash_heading_level(std::string_view line) noexcept;
/// Bytes of "- ", "* ", "1. ", "(a) " and the like with the white space behind; 0: no list item begins here.
size_t list_marker_bytes(std::string_view line) noexcept;
/// Three or more of one of = - ~ ^ * # + and nothing else: an underline or a rule.
bool is_rule(std::string_view line) noexcept;
/// Three backticks or tildes at its start: a block of code begins or ends.
bool is_fence(std::string_view line) noexcept;
/// "|---|:--:|": the line below the header of a pipe table.
bool is_table_rule(std::string_view line) noexcept;

/// A line that stands alone, as a heading would: level 1 to 6, else 0. Numbers ("3.2 Methods"), capitals ("THE END"),
/// known names ("Abstract", "Chapter 3"), short titles.
uint8_t lone_heading_level(std::string_view line) noexcept;
/// "3.2 Methods" is 2, "IV. Results" 1, else 0.
uint8_t numbered_heading_level(std::string_view line) noexcept;
/// "Abstract", "2. Related Work", "REFERENCES": a section that papers have.
bool names_paper_section(std::string_view line) noexcept;

} // namespace weft
