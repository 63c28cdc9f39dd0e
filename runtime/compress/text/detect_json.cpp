#include "runtime/compress/text/detect_json.hpp"

#include "runtime/compress/text/json_scan.hpp"
#include "runtime/compress/text/lines.hpp"

namespace weft {

namespace {

bool is_container(std::string_view text, size_t at) noexcept {
  return at < text.size() && (text[at] == '{' || text[at] == '[');
}

// A JSON value a line: how many lines there are, and how many of them are none.
struct json_lines {
  size_t lines = 0;
  size_t bad = 0;
  size_t first_bad = 0; ///< its byte
};

json_lines read_lines(std::string_view text) {
  json_lines found;
  for (size_t at = 0; at < text.size();) {
    const auto line = line_at(text, at, text.size());
    at = line.next;
    if (line.blank())
      continue;
    ++found.lines;
    size_t bad_at = line.first;
    if (is_container(text, line.first)) {
      const auto json = scan_json(text, line.first, line.end);
      if (json.valid && json.end == line.end)
        continue;
      bad_at = json.end;
    }
    if (found.bad++ == 0)
      found.first_bad = bad_at;
    if (found.bad > 8 && found.bad * 10 > found.lines)
      break;
  }
  return found;
}

// A text that begins as JSON does and says enough to be meant as such: "[1] Smith" and "[error] x" are not.
bool is_meant(std::string_view text, size_t begin, const json_scan& json) noexcept {
  const auto second = skip_json_space(text, begin + 1, text.size());
  if (second >= text.size())
    return false;
  if (text[begin] == '{')
    return text[second] == '"' && (json.members > 0 || json.end > second + 2);
  return (text[second] == '{' || text[second] == '"' || text[second] == '[') && json.members > 0;
}

} // namespace

std::optional<detection> detect_json(std::string_view text) {
  const auto begin = skip_json_space(text, 0, text.size());
  if (!is_container(text, begin))
    return std::nullopt;
  const auto json = scan_json(text, begin, text.size());
  if (json.valid && skip_json_space(text, json.end, text.size()) == text.size())
    return detection{content_kind::json, text[begin] == '{' ? "one JSON object" : "one JSON array"};
  const auto lines = read_lines(text);
  if (lines.lines > 1 && lines.bad * 10 <= lines.lines) {
    auto why =
        std::to_string(lines.lines - lines.bad) + " of " + std::to_string(lines.lines) + " lines are JSON values";
    if (lines.bad > 0)
      why += "; one does not parse at byte " + std::to_string(lines.first_bad);
    return detection{content_kind::json, std::move(why)};
  }
  if (!is_meant(text, begin, json))
    return std::nullopt;
  detection broken{content_kind::mixed,
                   "begins as JSON, but does not parse at byte " + std::to_string(json.end) + ": taken line by line"};
  broken.by_lines = true;
  return broken;
}

} // namespace weft
