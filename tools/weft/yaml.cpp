#include "tools/weft/output.hpp"

#include <algorithm>
#include <array>

namespace weft::cli {
namespace {

bool is_plain(const std::string& s) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '/'; };
  const auto inner = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'; };
  static constexpr std::array reserved{"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  if (s.empty() || !letter(s.front()) || !std::all_of(s.begin(), s.end(), inner))
    return false;
  std::string lower = s;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::find(reserved.begin(), reserved.end(), lower) == reserved.end();
}

bool is_block(const json& value) {
  return (value.is_object() && !value.empty()) ||
         (value.is_array() && std::any_of(value.begin(), value.end(), [](const json& x) { return x.is_structured(); }));
}

std::string scalar(const json& value) {
  return value.is_string() && is_plain(value.get_ref<const std::string&>()) ? value.get<std::string>() : to_line(value);
}

// Every line begins with `indent` but the first, which continues what the caller has written.
void append(std::string& out, const json& value, size_t indent) {
  const std::string next(indent, ' ');
  bool first = true;
  const auto line = [&](const std::string& head, const json& inner, size_t deeper, bool same_line) {
    out += (first ? "" : next) + head;
    first = false;
    if (!is_block(inner))
      out += " " + scalar(inner) + "\n";
    else if (same_line)
      append(out += " ", inner, deeper);
    else
      append((out += "\n").append(deeper, ' '), inner, deeper);
  };
  if (value.is_object())
    for (const auto& [key, inner] : value.items())
      line(scalar(json(key)) + ":", inner, indent + 2, false);
  else
    for (const auto& inner : value)
      line("-", inner, indent + 2, true);
}

} // namespace

std::string to_yaml(const json& value) {
  if (!is_block(value))
    return scalar(value) + "\n";
  std::string out;
  append(out, value, 0);
  return out;
}

} // namespace weft::cli
