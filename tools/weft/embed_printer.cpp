#include "tools/weft/embed_printer.hpp"

#include "tools/weft/base64.hpp"
#include "tools/weft/result_names.hpp"
#include "tools/weft/utf8.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace weft::cli {
namespace {

json error_object(const embedded& x) {
  return {{"code", status_name(x.trouble->code)},
          {"reason", x.trouble->reason},
          {"message", to_string(x.item.place) + ": " + x.trouble->message}};
}

/// In JSON and in YAML: what stands for the vector where it has another encoding than float32.
json packed_object(const embedded& x) {
  json out{{"encoding", name_of(x.encoding)}, {"packed", base64(x.packed)}};
  if (x.encoding == v1::VECTOR_ENCODING_INT8)
    out["scale"] = x.scale;
  return out;
}

std::string yaml_entry(const embedded& x) {
  std::string text = "- index: " + std::to_string(x.index) + "\n";
  if (x.trouble != nullptr)
    return text + "  error: " + to_line(error_object(x)) + "\n";
  text += "  tokens: " + std::to_string(x.tokens) + "\n  source: " + std::string{x.source} + "\n";
  text += x.truncated ? "  truncated: true\n" : "";
  if (!x.packed.empty()) {
    const json packed = packed_object(x);
    for (const auto& [key, value] : packed.items())
      text += "  " + key + ": " + to_line(value) + "\n";
    return text;
  }
  append_vector(text += "  embedding: ", x.vector);
  return text + "\n";
}

std::string source_of(const embedded& x) {
  return x.trouble != nullptr ? "error" : std::string{x.source};
}

std::string tokens_of(const embedded& x) {
  return x.trouble != nullptr ? "-" : std::to_string(x.tokens) + (x.truncated ? "+" : "");
}

std::string snippet(const embedded& x, size_t columns) {
  return shorten(printable(std::string_view{x.item.text}.substr(0, 4 * columns)), columns);
}

std::string beginning(const embedded& x) {
  if (!x.packed.empty())
    return std::string{name_of(x.encoding)} + ", " + in_bytes(x.packed.size());
  if (x.vector.empty())
    return "-";
  std::string text;
  char figure[32];
  for (const float value : x.vector.first(std::min<size_t>(3, x.vector.size()))) {
    std::snprintf(figure, sizeof figure, "%.4f ", static_cast<double>(value));
    text += figure;
  }
  return text + "…";
}

// Fixed widths, because later rows are not known yet.
std::string wide_line(const std::string& index, const std::string& tokens, const std::string& source,
                      const std::string& vector, const std::string& rest) {
  char line[160];
  std::snprintf(line, sizeof line, "%-9s %7s  %-9s %-26s  ", index.c_str(), tokens.c_str(), source.c_str(),
                vector.c_str());
  return line + rest + "\n";
}

std::string wide_row(const embedded& x) {
  return wide_line(std::to_string(x.index), tokens_of(x), source_of(x), beginning(x),
                   printable(to_string(x.item.place)) + "  " + snippet(x, 60));
}

} // namespace

std::string embed_json_line(const embedded& x) {
  std::string line = R"({"index":)" + std::to_string(x.index);
  if (x.trouble != nullptr)
    return line + R"(,"error":)" + to_line(error_object(x)) + "}\n";
  line += R"(,"tokens":)" + std::to_string(x.tokens) + R"(,"source":")" + std::string{x.source} + '"';
  line += x.truncated ? R"(,"truncated":true)" : "";
  if (!x.packed.empty())
    return line + "," + to_line(packed_object(x)).substr(1) + "\n";
  append_vector(line += R"(,"embedding":)", x.vector);
  return line + "}\n";
}

embed_printer::embed_printer(const session& s, std::optional<uint64_t> bytes_total)
    : session_(s), out_(STDOUT_FILENO), display_(s, bytes_total, s.format != output_format::table),
      rows_({{"INDEX", true}, {"TOKENS", true}, {"SOURCE"}, {"EMBEDDING"}, {"TEXT"}}) {}

bool embed_printer::print(const embedded& x) {
  if (x.trouble != nullptr)
    complain(x);
  display_.update(x.index + 1, x.item.input_bytes);
  return print_row(x) && (!x.idle || out_.flush());
}

bool embed_printer::print_row(const embedded& x) {
  switch (session_.format) {
  case output_format::json:
    return out_.write(embed_json_line(x));
  case output_format::yaml:
    return out_.write(yaml_entry(x));
  case output_format::name:
    return x.trouble != nullptr || out_.write(printable(to_string(x.item.place)) + "\n");
  case output_format::wide:
    if (!std::exchange(header_printed_, true))
      out_.write(wide_line("INDEX", "TOKENS", "SOURCE", "EMBEDDING", "TEXT"));
    return out_.write(wide_row(x));
  case output_format::table:
    if (rows_.rows() < rows_shown)
      add_row(x);
    return true;
  }
  return true;
}

void embed_printer::complain(const embedded& x) {
  if (++complaints_ > complaints_shown)
    return;
  display_.clear();
  const std::string advice = complaints_ == 1 ? advice_for(x.trouble->reason) : "";
  std::fprintf(stderr, "weft: %s: %s [%s]\n%s", printable(to_string(x.item.place)).c_str(), x.trouble->message.c_str(),
               x.trouble->reason.c_str(), advice.empty() ? "" : ("      " + advice + "\n").c_str());
}

void embed_printer::add_row(const embedded& x) {
  rows_.add({{std::to_string(x.index)},
             {tokens_of(x)},
             {source_of(x), x.trouble != nullptr ? tone::bad : tone::good},
             {beginning(x), tone::dim},
             {snippet(x, 200)}});
}

std::string embed_printer::table_text(const embed_totals& totals, double seconds) const {
  const bool colour = session_.out_terminal.colour;
  std::string text =
      rows_.str(colour, session_.out_terminal.is_terminal ? size_of_terminal(STDOUT_FILENO).columns : 120);
  if (totals.items > rows_.rows())
    text +=
        "… and " + with_spaces(totals.items - rows_.rows()) + " more (-o wide lists all, -o json has the vectors)\n";
  return text + "\n" + paint(summary_line(totals, seconds), tone::bold, colour) + "\n" + detail_line(totals) + "\n";
}

exit_code embed_printer::end(const embed_totals& totals, double seconds, const std::optional<problem>& trouble) {
  display_.clear();
  if (session_.format == output_format::table && totals.items > 0)
    out_.write(table_text(totals, seconds));
  out_.flush();
  if (complaints_ > complaints_shown)
    std::fprintf(stderr, "weft: and %s more\n", counted(complaints_ - complaints_shown, "text").c_str());
  if (out_.error() != 0)
    return report({.what = std::string{"cannot write the results: "} + std::strerror(out_.error())});
  if (out_.closed())
    return exit_code::ok;
  if (trouble) {
    const auto code = report(*trouble);
    if (totals.items > 0)
      std::fprintf(stderr, "      %s had been answered before.\n", counted(totals.items, "text").c_str());
    return code;
  }
  return totals.failed > 0 ? exit_code::failed : exit_code::ok;
}

} // namespace weft::cli
