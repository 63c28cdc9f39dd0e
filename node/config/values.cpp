#include "node/config/address.hpp"
#include "node/config/schema.hpp"

#include <algorithm>
#include <charconv>

namespace weft {
namespace {

failure bad(std::string message) {
  return {.code = errc::invalid_argument, .message = std::move(message)};
}

bool is_list(config_kind kind) {
  return kind == config_kind::texts || kind == config_kind::addresses;
}

bool right_type(config_kind kind, const config_value& value) {
  if (kind == config_kind::boolean)
    return std::holds_alternative<bool>(value);
  if (kind == config_kind::integer)
    return std::holds_alternative<int64_t>(value);
  if (is_list(kind))
    return std::holds_alternative<std::vector<std::string>>(value);
  return std::holds_alternative<std::string>(value);
}

std::string_view type_name(config_kind kind) {
  switch (kind) {
  case config_kind::boolean:
    return "true or false";
  case config_kind::integer:
    return "a whole number";
  case config_kind::address:
  case config_kind::optional_address:
    return "a text HOST:PORT";
  case config_kind::texts:
    return "a list of texts";
  case config_kind::addresses:
    return "a list of texts HOST:PORT";
  case config_kind::text:
  case config_kind::choice:
    break;
  }
  return "a text";
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char ch) { return ch < 0x20 || ch == 0x7f; });
}

bool is_choice(std::string_view choices, std::string_view word) {
  while (true) {
    const auto bar = choices.find('|');
    if (choices.substr(0, bar) == word)
      return true;
    if (bar == std::string_view::npos)
      return false;
    choices.remove_prefix(bar + 1);
  }
}

status check_text(const config_key& key, const std::string& text) {
  if (has_control_character(text))
    return bad("must not have control characters");
  if (key.kind == config_kind::choice) {
    if (is_choice(key.choices, text))
      return ok;
    return bad("must be one of " + std::string{key.choices} + " (it is \"" + text + "\")");
  }
  if (key.kind == config_kind::address || (key.kind == config_kind::optional_address && !text.empty())) {
    if (auto address = parse_address(text); !address)
      return address.error();
    return ok;
  }
  if (static_cast<int64_t>(text.size()) < key.min)
    return bad("must not be empty");
  if (static_cast<int64_t>(text.size()) > key.max)
    return bad("must have at most " + std::to_string(key.max) + " characters");
  return ok;
}

status check_list(const config_key& key, const std::vector<std::string>& list) {
  if (static_cast<int64_t>(list.size()) > key.max)
    return bad("must have at most " + std::to_string(key.max) + " entries");
  for (const auto& entry : list) {
    if (has_control_character(entry))
      return bad("must not have control characters");
    if (entry.empty())
      return bad("must not have an empty entry");
    if (key.kind == config_kind::addresses)
      if (auto address = parse_address(entry); !address)
        return address.error();
  }
  return ok;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char ch : text) {
    if (ch == '"' || ch == '\\')
      out += '\\';
    out += ch;
  }
  return out + '"';
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    auto part = text.substr(0, comma);
    while (part.starts_with(' '))
      part.remove_prefix(1);
    while (part.ends_with(' '))
      part.remove_suffix(1);
    out.emplace_back(part);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

} // namespace

status check_value(const config_key& key, const config_value& value) {
  if (!right_type(key.kind, value))
    return bad("must be " + std::string{type_name(key.kind)} + " (it is " + to_toml(value) + ")");
  if (const auto* number = std::get_if<int64_t>(&value)) {
    if (*number < key.min || *number > key.max)
      return bad("must be " + std::to_string(key.min) + " to " + std::to_string(key.max) + " (it is " +
                 std::to_string(*number) + ")");
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    return check_text(key, *text);
  } else if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    return check_list(key, *list);
  }
  return ok;
}

result<config_value> parse_value(const config_key& key, std::string_view text) {
  if (key.kind == config_kind::boolean && (text == "true" || text == "false"))
    return config_value{text == "true"};
  if (is_list(key.kind))
    return config_value{split(text)};
  if (key.kind == config_kind::integer) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && end == text.data() + text.size())
      return config_value{number};
  }
  if (key.kind == config_kind::boolean || key.kind == config_kind::integer)
    return bad("must be " + std::string{type_name(key.kind)} + " (it is \"" + std::string{text} + "\")");
  return config_value{std::string{text}};
}

std::string to_toml(const config_value& value) {
  if (const auto* flag = std::get_if<bool>(&value))
    return *flag ? "true" : "false";
  if (const auto* number = std::get_if<int64_t>(&value))
    return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value))
    return quoted(*text);
  std::string out = "[";
  for (const auto& entry : std::get<std::vector<std::string>>(value))
    out += (out.size() > 1 ? ", " : "") + quoted(entry);
  return out + "]";
}

} // namespace weft
