#pragma once

#include "tools/weft/byte_reader.hpp"
#include "tools/weft/problem.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weft::cli {

/// What one text of a file is.
enum class split : uint8_t {
  line,      ///< each line, without its end; an empty line is an empty text
  paragraph, ///< lines up to the next blank one
  file,      ///< the whole file
};

/// Where a text came from: a file's name ("stdin", "--text") and the line where it begins, from 1.
struct text_place {
  std::string file;
  uint64_t line = 0;
};

/// "README.md:17".
std::string to_string(const text_place& place);

/// Why a text has no result.
struct text_problem {
  int code = 0; ///< canonical
  std::string reason;
  std::string message;
  std::map<std::string, std::string> metadata{}; ///< as in ErrorInfo
};

struct text_item {
  std::string text;
  text_place place;
  /// Bytes of all input up to the end of this text, for the progress.
  uint64_t input_bytes = 0;
  std::optional<text_problem> trouble{};
};

struct text_source_options {
  std::vector<std::string> texts{}; ///< come first, each as it is
  std::vector<std::string> files{}; ///< "-": standard input
  split by = split::line;
  /// A longer text becomes an item with TEXT_TOO_LARGE, and its rest is read past: memory stays bounded.
  size_t text_bytes_max = size_t{16} << 20;
};

/// The texts of a command, one after the other, from any amount of input with the memory of one text. A file that
/// cannot be read any further gives one item with the reason, and the next file goes on. What is not UTF-8 becomes an
/// item with INVALID_UTF8. Not thread-safe.
class text_source {
public:
  explicit text_source(text_source_options options, const stop_signal& stop);

  /// The next text; false at the end, or once `stop` was given.
  bool next(text_item& item);

  /// Bytes of all input, when every source has a size.
  std::optional<uint64_t> bytes_total() const { return bytes_total_; }

  /// A file that does not exist or cannot be opened is an error in the command line, found before any work.
  static std::optional<problem> check(const std::vector<std::string>& files);

private:
  bool open_next_file();
  bool next_line(text_item& item);
  bool next_paragraph(text_item& item);
  bool next_file(text_item& item);
  void finish(text_item& item);
  void keep(std::string& text, std::string_view piece);

  text_source_options options_;
  const stop_signal& stop_;
  std::optional<uint64_t> bytes_total_;
  uint64_t bytes_done_ = 0; ///< of what is closed already
  size_t texts_given_ = 0;
  size_t files_opened_ = 0;
  std::unique_ptr<byte_reader> reader_;
  std::string name_;
  uint64_t line_ = 0;
  bool too_large_ = false; ///< of the text that is being read
  bool read_failed_ = false;
};

} // namespace weft::cli
