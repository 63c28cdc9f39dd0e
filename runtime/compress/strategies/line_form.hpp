#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace weft {

/// A line cut into words and values: hashes of its words, 0 where a value stands (a number or anything with a digit, an
/// address, an identifier, a path, something quoted or after '='). Marks count as words, white space does not.
struct line_form {
  static constexpr uint32_t words_max = 48; ///< what follows is not looked at
  static constexpr uint32_t value = 0;

  std::vector<uint32_t> words;
  uint64_t hash = 0; ///< of all words
};

/// Fills in the form; keeps its memory for the next line.
void read_form(std::string_view line, line_form& out);

/// How bad a line says things are.
enum class line_severity : uint8_t { none, warning, error };

/// By words such as error, failed, panic, exception, traceback or warn, levels ("E0612", "<3>"), an HTTP status of 5xx,
/// or an exit code that is not 0. "0 errors", "errors=0" and "no error" say nothing.
line_severity severity_of(std::string_view line);

} // namespace weft
