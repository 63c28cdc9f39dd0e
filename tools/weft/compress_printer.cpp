#include "tools/weft/compress_printer.hpp"

#include "tools/weft/compress_words.hpp"
#include "tools/weft/utf8.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>
#include <utility>

namespace weft::cli {
namespace {

/// "notes.txt", "item 3", "stdin bytes 0 to 262 144".
std::string place_of(const compressed_text& x) {
  std::string out = x.name.empty() ? "item " + std::to_string(x.index) : printable(x.name);
  if (x.window != nullptr)
    out += " bytes " + with_spaces(x.window->begin()) + " to " + with_spaces(x.window->end());
  return out;
}

std::string short_name(const compressed_text& x) {
  return !x.handle.empty() ? printable(x.handle) : x.name.empty() ? std::to_string(x.index) : place_of(x);
}

/// Of BUDGET_UNREACHABLE; "": the node did not say.
std::string best_possible(const compressed_text& x) {
  const auto least = x.trouble->metadata.find("leastTokens");
  const auto best = x.trouble->metadata.find("bestRatio");
  if (least == x.trouble->metadata.end() || best == x.trouble->metadata.end())
    return {};
  // Below 2 no ratio can be asked for; a window has no number of tokens.
  const bool has_ratio = std::strtod(best->second.c_str(), nullptr) >= 2;
  const std::string ratio = has_ratio ? "--ratio " + best->second : "a ratio of " + best->second;
  return "The best that is possible: " +
         (x.window != nullptr ? ratio : "--tokens " + least->second + (has_ratio ? " or " + ratio : "")) +
         ". Less kept by --keep and --pattern may allow more.";
}

constexpr std::string_view call_too_large = "CALL_TOO_LARGE";

} // namespace

compress_printer::compress_printer(const session& s, settings wanted)
    : session_(s), settings_(std::move(wanted)), out_(STDOUT_FILENO), display_(s, settings_.bytes_total, true) {}

bool compress_printer::print(const compressed_text& x, uint64_t input_bytes) {
  ++items_;
  if (x.trouble != nullptr)
    complain(x);
  bool go_on = true;
  switch (session_.format) {
  case output_format::json:
    go_on = out_.write(to_json_line(x));
    break;
  case output_format::yaml:
    go_on = out_.write(to_yaml_entry(x));
    break;
  case output_format::name:
    go_on = x.trouble != nullptr || out_.write(short_name(x) + "\n");
    break;
  case output_format::table:
  case output_format::wide:
    go_on = x.trouble != nullptr || print_text(x);
    break;
  }
  display_.update(items_, input_bytes);
  return go_on;
}

bool compress_printer::print_text(const compressed_text& x) {
  const bool colour = session_.out_terminal.colour;
  const std::string name = x.window != nullptr && !settings_.explain ? printable(x.name) : place_of(x);
  if ((settings_.headings && (name != name_ || x.window == nullptr)) || settings_.explain) {
    const std::string heading = settings_.explain ? name : "==> " + name + " <==";
    if (!out_.write((texts_ > 0 ? "\n" : "") + paint(heading, tone::bold, colour) + "\n"))
      return false;
  }
  name_ = name;
  ++texts_;
  if (session_.format == output_format::wide && !settings_.explain)
    tell(place_of(x) + ": " + report_line(*x.compressed));
  std::string text = settings_.explain                   ? explanation(*x.compressed, colour)
                     : session_.out_terminal.is_terminal ? printable_lines(x.compressed->text())
                                                         : x.compressed->text();
  if (!text.empty() && !text.ends_with('\n'))
    text += '\n';
  return out_.write(text);
}

void compress_printer::tell(const std::string& line) {
  display_.clear();
  std::fprintf(stderr, "weft: %s\n", line.c_str());
}

// Where the command has a way that the table for all clients does not know.
std::string compress_printer::advice_of(const compressed_text& x) const {
  const std::string best = best_possible(x);
  if (!best.empty())
    return best;
  if (x.trouble->reason == "TEXT_TOO_LARGE")
    return "--stream compresses a text of any length.";
  if (x.trouble->reason == call_too_large && !settings_.too_large_advice.empty())
    return settings_.too_large_advice;
  return advice_for(x.trouble->reason);
}

void compress_printer::complain(const compressed_text& x) {
  if (++complaints_ > complaints_shown)
    return;
  tell(place_of(x) + ": " + x.trouble->message + " [" + x.trouble->reason + "]");
  std::string advice = advice_of(x);
  if (!advice.empty() && advice != advised_)
    std::fprintf(stderr, "      %s\n", advice.c_str());
  advised_ = std::move(advice);
}

exit_code compress_printer::end(const std::optional<problem>& trouble) {
  display_.clear();
  out_.flush();
  if (complaints_ > complaints_shown)
    tell("and " + with_spaces(complaints_ - complaints_shown) + " more that failed");
  if (out_.error() != 0)
    return report({.what = std::string{"cannot write the results: "} + std::strerror(out_.error())});
  if (out_.closed())
    return exit_code::ok;
  if (auto ended = trouble) {
    if (ended->reason == call_too_large && !settings_.too_large_advice.empty())
      ended->advice = settings_.too_large_advice;
    const auto code = report(*ended);
    if (items_ > 0)
      std::fprintf(stderr, "      %s had been answered before.\n", counted(items_, "text").c_str());
    return code;
  }
  return complaints_ > 0 && !settings_.tolerant ? exit_code::failed : exit_code::ok;
}

} // namespace weft::cli
