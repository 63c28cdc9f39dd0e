#include "tools/weft/terminal.hpp"

#include <algorithm>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

namespace weft::cli {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

size_t number_or(std::string_view text, size_t otherwise) {
  size_t number = 0;
  if (text.empty() || text.size() > 5)
    return otherwise;
  for (const char c : text) {
    if (c < '0' || c > '9')
      return otherwise;
    number = number * 10 + static_cast<size_t>(c - '0');
  }
  return number > 0 ? number : otherwise;
}

} // namespace

terminal look_at_terminal(int descriptor) {
  terminal t;
  t.is_terminal = isatty(descriptor) == 1;
  const bool dumb = environment("TERM").empty() || environment("TERM") == "dumb";
  t.screen = t.is_terminal && !dumb;
  t.colour = t.screen && environment("NO_COLOR").empty();
  return t;
}

terminal_size size_of_terminal(int descriptor) {
  winsize size{};
  terminal_size result;
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
    result = {size.ws_col, size.ws_row};
  result.columns = std::max<size_t>(20, number_or(environment("COLUMNS"), result.columns));
  result.rows = std::max<size_t>(5, number_or(environment("LINES"), result.rows));
  return result;
}

std::string paint(std::string_view text, tone t, bool colour) {
  if (!colour || t == tone::plain || text.empty())
    return std::string{text};
  const char* code = t == tone::bold      ? "1"
                     : t == tone::dim     ? "2"
                     : t == tone::good    ? "32"
                     : t == tone::warning ? "33"
                                          : "31";
  return std::string{"\x1b["}.append(code).append("m").append(text).append("\x1b[0m");
}

} // namespace weft::cli
