#include "tools/weft/output.hpp"

#include "runtime/base/assert.hpp"
#include "tools/weft/utf8.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <unistd.h>

namespace weft::cli {

bool out_file::write(std::string_view bytes) {
  if (closed_ || error_ != 0)
    return false;
  buffer_ += bytes;
  return buffer_.size() < buffer_bytes || flush();
}

bool out_file::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && !closed_ && error_ == 0) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written >= 0)
      rest.remove_prefix(static_cast<size_t>(written));
    else if (errno == EPIPE)
      closed_ = true;
    else if (errno != EINTR && errno != EAGAIN)
      error_ = errno;
  }
  buffer_.clear();
  return !closed_ && error_ == 0;
}

std::string to_line(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

void append_vector(std::string& out, std::span<const float> vector) {
  std::array<char, 32> digits{};
  out += '[';
  for (const float x : vector) {
    if (out.back() != '[')
      out += ',';
    if (!std::isfinite(x)) { // JSON has no such number
      out += "null";
      continue;
    }
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), x).ptr;
    out.append(digits.data(), end);
  }
  out += ']';
}

void table::add(std::vector<cell> row) {
  WEFT_ASSERT(row.size() == columns_.size());
  rows_.push_back(std::move(row));
}

namespace {

constexpr size_t column_gap = 2;

} // namespace

std::vector<size_t> table::widths() const {
  std::vector<size_t> out;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t widest = display_width(columns_[i].title);
    for (const auto& row : rows_)
      widest = std::max(widest, display_width(row[i].text));
    out.push_back(widest);
  }
  return out;
}

/// The columns that fit, in order.
std::vector<size_t> table::shown(const std::vector<size_t>& widths, size_t width) const {
  std::vector<size_t> out;
  size_t used = 0;
  for (size_t i = 0; i < columns_.size(); ++i) {
    out.push_back(i);
    used += widths[i] + column_gap;
  }
  while (width > 0 && used > width + column_gap) {
    const auto first = std::max_element(out.begin(), out.end(),
                                        [this](size_t a, size_t b) { return columns_[a].leaves < columns_[b].leaves; });
    if (first == out.end() || columns_[*first].leaves == 0)
      break;
    used -= widths[*first] + column_gap;
    out.erase(first);
  }
  return out;
}

std::string table::str(bool colour, size_t width) const {
  const auto widest = widths();
  const auto columns = shown(widest, width);
  size_t before_last = 0;
  for (size_t i = 0; i + 1 < columns.size(); ++i)
    before_last += widest[columns[i]] + column_gap;
  const size_t last_max = width == 0 ? SIZE_MAX : width > before_last + 8 ? width - before_last : 8;
  std::string out;
  const auto put = [&](size_t i, const std::string& text, tone t) {
    const bool last = i == columns.back();
    const std::string cut = last ? shorten(text, last_max) : text;
    const std::string padding(
        last && !columns_[i].right ? 0 : std::min(widest[i], last ? last_max : SIZE_MAX) - display_width(cut), ' ');
    out += columns_[i].right ? padding + paint(cut, t, colour) : paint(cut, t, colour) + padding;
    out += last ? std::string{"\n"} : std::string(column_gap, ' ');
  };
  for (const size_t i : columns)
    put(i, columns_[i].title, tone::bold);
  for (const auto& row : rows_)
    for (const size_t i : columns)
      put(i, row[i].text, row[i].paint);
  return out;
}

std::string with_spaces(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3; at -= 3)
    digits.insert(at - 3, 1, ' ');
  return digits;
}

std::string in_bytes(uint64_t bytes) {
  static constexpr std::array units{"kB", "MB", "GB", "TB", "PB"};
  if (bytes < 1000)
    return std::to_string(bytes) + " B";
  double scaled = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  for (; scaled >= 999.95 && unit + 1 < units.size(); ++unit)
    scaled /= 1000;
  return in_figures(scaled) + " " + units[unit];
}

std::string in_figures(double number) {
  if (!std::isfinite(number) || number < 0)
    return "-";
  if (number == 0)
    return "0";
  if (number >= 99.95)
    return with_spaces(static_cast<uint64_t>(std::llround(number)));
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", number >= 9.995 ? 1 : number >= 0.9995 ? 2 : 3, number);
  return text.data();
}

std::string in_time(uint64_t seconds) {
  std::array<char, 32> text{};
  if (seconds < 60)
    std::snprintf(text.data(), text.size(), "%us", static_cast<unsigned>(seconds));
  else if (seconds < 3600)
    std::snprintf(text.data(), text.size(), "%um%02us", static_cast<unsigned>(seconds / 60),
                  static_cast<unsigned>(seconds % 60));
  else if (seconds < 86400)
    std::snprintf(text.data(), text.size(), "%uh%02um", static_cast<unsigned>(seconds / 3600),
                  static_cast<unsigned>(seconds / 60 % 60));
  else
    std::snprintf(text.data(), text.size(), "%llud%02uh", static_cast<unsigned long long>(seconds / 86400),
                  static_cast<unsigned>(seconds / 3600 % 24));
  return text.data();
}

std::string bar(double share, size_t columns) {
  const auto full = static_cast<size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(columns));
  return "[" + std::string(full, '#') + std::string(columns - full, '-') + "]";
}

std::string in_utc(int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  char out[32];
  if (gmtime_r(&seconds, &parts) == nullptr || std::strftime(out, sizeof out, "%Y-%m-%d %H:%M:%S", &parts) == 0)
    return "-";
  return out;
}

std::string counted(uint64_t number, std::string_view singular) {
  return with_spaces(number) + " " + std::string{singular} + (number == 1 ? "" : "s");
}

} // namespace weft::cli
