#pragma once

#include "tools/weft/embed_options.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace weft::cli {

/// How `weft embed` shows its results: vectors as they come (json, yaml, wide, name), or the first texts and a summary
/// at the end (table). Not thread-safe.
class embed_printer {
public:
  embed_printer(const session& s, std::optional<uint64_t> bytes_total);

  /// False once nobody reads any more.
  bool print(const embedded& x);
  /// The summary, and what ended the work early.
  exit_code end(const embed_totals& totals, double seconds, const std::optional<problem>& trouble);

  static constexpr size_t rows_shown = 10;
  static constexpr uint64_t complaints_shown = 10;

private:
  bool print_row(const embedded& x);
  void complain(const embedded& x);
  void add_row(const embedded& x);
  std::string table_text(const embed_totals& totals, double seconds) const;

  const session& session_;
  out_file out_;
  progress_display display_;
  table rows_;
  uint64_t complaints_ = 0;
  bool header_printed_ = false;
};

/// {"index","tokens","source","embedding"} or {"index","error"} with its line end.
std::string embed_json_line(const embedded& x);

} // namespace weft::cli
