#include "node/logging/log_line.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <ctime>

namespace weft {
namespace {

std::string rfc3339(std::chrono::system_clock::time_point time) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = milliseconds / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 48> out{};
  std::snprintf(out.data(), out.size(), "%s.%03dZ", date.data(), static_cast<int>(milliseconds % 1000));
  return out.data();
}

// A client's words must not be able to forge a line.
void append_escaped(std::string& out, char ch) {
  if (static_cast<unsigned char>(ch) >= 0x20 && ch != 0x7f) {
    out += ch;
    return;
  }
  std::array<char, 8> code{};
  std::snprintf(code.data(), code.size(), "\\x%02x", static_cast<unsigned char>(ch));
  out += code.data();
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char ch : text)
    append_escaped(out, ch);
}

// Nor a field: within quotes, neither a quote nor a backslash stands for itself.
void append_value(std::string& out, std::string_view value) {
  if (!value.empty() && value.find_first_of(" \"\\=") == std::string_view::npos)
    return append_escaped(out, value);
  out += '"';
  for (const char ch : value) {
    if (ch == '"' || ch == '\\')
      out += '\\';
    append_escaped(out, ch);
  }
  out += '"';
}

std::string render_text(const log_line& line) {
  std::string out = rfc3339(line.time) + ' ';
  out.append(to_string(line.level)).append(line.level == log_level::info || line.level == log_level::warn ? "  " : " ");
  append_escaped(out, line.component);
  out += ": ";
  append_escaped(out, line.text);
  for (const auto& field : line.fields) {
    out.append(" ").append(field.name).append("=");
    append_value(out, field.value);
  }
  return out;
}

std::string render_json(const log_line& line) {
  nlohmann::ordered_json out;
  out["time"] = rfc3339(line.time);
  out["level"] = to_string(line.level);
  out["component"] = line.component;
  out["text"] = line.text;
  for (const auto& field : line.fields)
    out[std::string{field.name}] = field.value;
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace

std::string render(const log_line& line, log_format format) {
  return format == log_format::json ? render_json(line) : render_text(line);
}

} // namespace weft
