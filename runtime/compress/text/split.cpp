#include "runtime/compress/text/split.hpp"

#include "runtime/compress/text/detect.hpp"
#include "runtime/compress/text/profile.hpp"
#include "runtime/compress/text/splitters.hpp"

#include <string>

namespace weft {

namespace {

// More control bytes than one in so many: not a text. Some are in texts: escapes of terminals, backspaces of manuals.
constexpr size_t control_share = 32;

bool is_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && !is_space(c) && byte != 0x1B && byte != '\b') || byte == 0x7F;
}

failure at_byte(errc code, std::string_view what, size_t byte) {
  const auto number = std::to_string(byte);
  return {code, std::string{what} + number, {{"byte", number}}};
}

// What keeps bytes from being a text, if anything does.
std::optional<failure> find_flaw(std::string_view text) {
  size_t controls = 0;
  for (const char c : text)
    controls += is_control(c) ? 1 : 0;
  if (controls > 0) { // rare: now look where
    if (const auto nul = text.find('\0'); nul != std::string_view::npos)
      return at_byte(errc::not_text, "the input is not text: NUL at byte ", nul);
    if (controls * control_share > text.size() && controls > 4)
      for (size_t at = 0; at < text.size(); ++at)
        if (is_control(text[at]))
          return at_byte(errc::not_text, "the input is not text: many control bytes, the first at byte ", at);
  }
  if (const auto valid = valid_utf8_bytes(text); valid < text.size())
    return at_byte(errc::invalid_utf8, "the text is not valid UTF-8 at byte ", valid);
  return std::nullopt;
}

void split_as(unit_writer& writer, const detection& found) {
  const text_range all{0, writer.text().size()};
  if (found.by_lines)
    return split_code(writer, all);
  switch (found.kind) {
  case content_kind::prose:
  case content_kind::paper:
  case content_kind::markdown:
    return split_prose(writer, all);
  case content_kind::code:
    return split_code(writer, all);
  case content_kind::log:
    return split_log(writer, all);
  case content_kind::table:
    return split_table(writer, all, found.delimiter);
  case content_kind::json:
    return split_json(writer, all);
  case content_kind::mixed:
    return split_mixed(writer, all);
  }
}

} // namespace

result<document> split_text(std::string_view text) {
  if (auto flaw = find_flaw(text))
    return *std::move(flaw);
  auto found = detect_content(text);
  unit_writer writer{text};
  split_as(writer, found);
  document made;
  made.text = text;
  made.kind = found.kind;
  made.why_kind = std::move(found.why);
  made.units = writer.take();
  made.profile = profile_of(made);
  return made;
}

} // namespace weft
