#pragma once

#include "tools/weft/terminal.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft::cli {

enum class output_format : uint8_t { table, wide, json, yaml, name };

using json = nlohmann::ordered_json;

/// Standard output with a buffer. A reader that went away is no error: write() then says false, and the command ends
/// quietly. Not thread-safe.
class out_file {
public:
  explicit out_file(int descriptor) : descriptor_(descriptor) {}
  out_file(const out_file&) = delete;
  out_file& operator=(const out_file&) = delete;
  ~out_file() { flush(); }

  /// False when nothing can be written any more.
  bool write(std::string_view bytes);
  bool flush();
  /// The reader closed its end.
  bool closed() const noexcept { return closed_; }
  /// errno of what went wrong otherwise, else 0.
  int error() const noexcept { return error_; }

private:
  static constexpr size_t buffer_bytes = 64 << 10;
  int descriptor_;
  std::string buffer_;
  bool closed_ = false;
  int error_ = 0;
};

/// One line of JSON without its end. What is not UTF-8 becomes U+FFFD.
std::string to_line(const json& value);

/// Block style, with an end of line. Strings are quoted wherever a reader could take them for something else.
std::string to_yaml(const json& value);

/// Appends "[0.1,-0.25]": the shortest digits that read back to the same floats.
void append_vector(std::string& out, std::span<const float> vector);

struct cell {
  std::string text;
  tone paint = tone::plain;
};

/// Columns that line up. Cells must be printable().
class table {
public:
  struct column {
    std::string title;
    bool right = false; ///< numbers
    int leaves = 0;     ///< where the width is too small, columns with the highest number go first; 0: stays
  };
  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}

  /// REQUIRES: one cell a column.
  void add(std::vector<cell> row);
  size_t rows() const { return rows_.size(); }
  /// Lines with their ends, at most `width` wide (0: no limit): columns leave, then the last one is shortened, to eight
  /// at least.
  std::string str(bool colour, size_t width = 0) const;

private:
  std::vector<size_t> widths() const;
  std::vector<size_t> shown(const std::vector<size_t>& widths, size_t width) const;

  std::vector<column> columns_;
  std::vector<std::vector<cell>> rows_;
};

/// "[####----]"; share: 0 to 1.
std::string bar(double share, size_t columns);

/// 1234567 → "1 234 567".
std::string with_spaces(uint64_t number);
/// 1536 → "1.5 kB", as multiples of 1000.
std::string in_bytes(uint64_t bytes);
/// Three figures: 0.123, 12.3, 1 234.
std::string in_figures(double number);
/// 59 → "59s", 3725 → "1h02m".
std::string in_time(uint64_t seconds);
/// Milliseconds since 1970 → "2026-11-21 12:30:00", UTC; "-" for what is no time.
std::string in_utc(int64_t unix_ms);
/// "1 text", "2 texts".
std::string counted(uint64_t number, std::string_view singular);

} // namespace weft::cli
