#include "tools/weft/embed_options.hpp"

#include <CLI/Validators.hpp>

#include <cstdio>
#include <unistd.h>

namespace weft::cli {

void add_embed_options(CLI::App& verb, embed_options& options, const char* by_default) {
  options.by = by_default == nullptr ? "" : by_default;
  verb.add_option("--split", options.by,
                  std::string{"What one text is: line, paragraph or file (default "} +
                      (by_default == nullptr ? "line, to compress file" : by_default) + ")")
      ->check(CLI::IsMember({"line", "paragraph", "file"}).description(""))
      ->type_name("UNIT");
  verb.add_option("--model", options.model, "A model of the node (default: the node's own)")->type_name("NAME");
}

void add_vector_options(CLI::App& verb, vector_options& options) {
  verb.add_flag("--no-normalize", options.raw, "Leave vectors as the model makes them instead of length 1");
  verb.add_flag("--no-truncate", options.refuse_long,
                "Refuse a text with more tokens than the model reads, instead of cutting it");
  verb.add_option("--cut", options.cut, "Which end of a long text is cut: right (default) or left")
      ->check(CLI::IsMember({"left", "right"}).description(""))
      ->type_name("SIDE");
}

split parse_split(const std::string& name) {
  return name == "paragraph" ? split::paragraph : name == "file" ? split::file : split::line;
}

progress_display::progress_display(const session& s, std::optional<uint64_t> bytes_total, bool rows_on_terminal)
    : on_(s.err_terminal.screen && !(rows_on_terminal && s.out_terminal.is_terminal)),
      line_(std::chrono::steady_clock::now(), bytes_total) {}

void progress_display::update(uint64_t items, uint64_t bytes) {
  if (!on_)
    return;
  const auto line =
      line_.update(items, bytes, std::chrono::steady_clock::now(), size_of_terminal(STDERR_FILENO).columns - 1);
  if (!line)
    return;
  visible_ = true;
  std::fputs(("\r\x1b[K" + *line).c_str(), stderr);
}

void progress_display::clear() {
  if (visible_)
    std::fputs("\r\x1b[K", stderr);
  visible_ = false;
}

std::string summary_line(const embed_totals& totals, double seconds) {
  const auto rate = [&](uint64_t number) {
    return in_figures(seconds > 0 ? static_cast<double>(number) / seconds : 0);
  };
  return counted(totals.items, "text") + ", " + counted(totals.tokens, "token") + " in " + in_figures(seconds) +
         " s: " + rate(totals.items) + " texts/s, " + rate(totals.tokens) + " tokens/s";
}

std::string detail_line(const embed_totals& totals) {
  std::string line;
  const auto add = [&](const std::string& part) { line += (line.empty() ? "" : " · ") + part; };
  for (const auto& [source, number] : totals.sources)
    add(source + " " + with_spaces(number));
  if (totals.failed > 0)
    add("failed " + with_spaces(totals.failed));
  if (totals.truncated > 0)
    add("cut to the model's length " + with_spaces(totals.truncated));
  if (totals.reconnections > 0)
    add("taken up again " + with_spaces(totals.reconnections) + "×");
  if (!totals.model.empty())
    add(totals.model + " " + totals.model_version + " " + totals.precision + ", " + std::to_string(totals.dimensions) +
        " dimensions");
  if (!totals.endpoint.empty())
    add(totals.endpoint);
  return line;
}

} // namespace weft::cli
