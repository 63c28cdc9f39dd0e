#pragma once

#include "tools/weft/compress_json.hpp"
#include "tools/weft/embed_options.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace weft::cli {

/// How `weft compress` and the results of such a job are shown. table: the texts and nothing else on standard output,
/// with "==> name <==" before each where there are several; wide: the same with a line of the report on standard error;
/// json, yaml: text and report; name: handles of documents, else names. What failed is named on standard error, with
/// an advice. A terminal gets no control characters. Not thread-safe.
class compress_printer {
public:
  struct settings {
    bool explain = false;  ///< the report instead of the text
    bool headings = false; ///< there are several texts
    bool tolerant = false; ///< a text that failed is no failure of the command
    std::optional<uint64_t> bytes_total{};
    std::string too_large_advice{}; ///< for CALL_TOO_LARGE, where the command knows better than the table
  };
  compress_printer(const session& s, settings wanted);

  /// False once nobody reads any more. input_bytes: read so far, for the progress.
  bool print(const compressed_text& x, uint64_t input_bytes = 0);
  /// What came is shown now: the next may take a while.
  bool flush() { return out_.flush(); }
  /// A line on standard error.
  void tell(const std::string& line);
  exit_code end(const std::optional<problem>& trouble);

  bool closed() const { return out_.closed(); }

  static constexpr uint64_t complaints_shown = 10;

private:
  void complain(const compressed_text& x);
  std::string advice_of(const compressed_text& x) const;
  bool print_text(const compressed_text& x);

  const session& session_;
  const settings settings_;
  out_file out_;
  progress_display display_;
  uint64_t texts_ = 0; ///< printed
  uint64_t items_ = 0;
  uint64_t complaints_ = 0;
  std::string name_;    ///< of the heading that was printed last
  std::string advised_; ///< given last
};

} // namespace weft::cli
