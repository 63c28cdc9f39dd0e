#pragma once

#include "tools/weft/embed_stream.hpp"
#include "tools/weft/options.hpp"
#include "tools/weft/progress.hpp"

#include <string>

namespace weft::cli {

/// What embed and rank share: how texts are cut out of files and how they are embedded.
struct embed_options {
  std::string by;
  std::string model;
};

/// --split and --model. by_default: "line" or "paragraph"; null: none, as the operation wants.
void add_embed_options(CLI::App& verb, embed_options& options, const char* by_default);

/// What a vector depends on beside its text and model.
struct vector_options {
  bool raw = false;
  bool refuse_long = false;
  std::string cut = "right";
};

/// --no-normalize, --no-truncate and --cut.
void add_vector_options(CLI::App& verb, vector_options& options);

split parse_split(const std::string& name);

/// The progress bar on standard error, when that is a terminal that nothing else writes to.
class progress_display {
public:
  progress_display(const session& s, std::optional<uint64_t> bytes_total, bool rows_on_terminal);
  ~progress_display() { clear(); }
  progress_display(const progress_display&) = delete;
  progress_display& operator=(const progress_display&) = delete;

  void update(uint64_t items, uint64_t bytes);
  /// Before anything else is written to the terminal.
  void clear();

private:
  bool on_;
  bool visible_ = false;
  progress line_;
};

/// "1 204 texts, 56 012 tokens in 3.21 s: 375 texts/s, 17 449 tokens/s".
std::string summary_line(const embed_totals& totals, double seconds);
/// "computed 1 204 · failed 0 · cut to the model's length 3 · all-MiniLM-L6-v2 53aa51172d14 int16, 384 dimensions".
std::string detail_line(const embed_totals& totals);

} // namespace weft::cli
