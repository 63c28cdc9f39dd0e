#include "runtime/compute/model/json.hpp"

#include <charconv>

namespace weft {

namespace {

constexpr size_t depth_max = 32;
constexpr size_t values_max = 1'000'000;

/// Length of the valid UTF-8 sequence at the front of `text`, or 0 (RFC 3629: no surrogates, no over-long forms).
size_t utf8_length(std::string_view text) noexcept {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0u; };
  const auto within = [&](size_t i, unsigned low, unsigned high) { return byte(i) >= low && byte(i) <= high; };
  const unsigned first = byte(0);
  if (first < 0x80)
    return 1;
  if (first >= 0xc2 && first <= 0xdf)
    return within(1, 0x80, 0xbf) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef)
    return within(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf) && within(2, 0x80, 0xbf) ? 3 : 0;
  if (first >= 0xf0 && first <= 0xf4)
    return within(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf) && within(2, 0x80, 0xbf) &&
                   within(3, 0x80, 0xbf)
               ? 4
               : 0;
  return 0;
}

void append_utf8(std::string& to, uint32_t c) {
  const auto put = [&](uint32_t b) { to.push_back(static_cast<char>(b)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

/// Recursive descent; every function returns false after it has set `problem_`.
class parser {
public:
  explicit parser(std::string_view text) : text_(text) {}

  result<json_value> run() {
    if (parse_value(root_, 0)) {
      skip_space();
      if (at_ != text_.size())
        stop("something follows the document");
    }
    if (problem_)
      return failure{errc::invalid_argument, "byte " + std::to_string(at_) + ": " + problem_};
    return std::move(root_);
  }

private:
  bool stop(const char* problem) {
    problem_ = problem;
    return false;
  }

  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool take(char wanted) {
    skip_space();
    if (peek() != wanted)
      return false;
    ++at_;
    return true;
  }

  bool take_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word)
      return false;
    at_ += word.size();
    return true;
  }

  bool parse_value(json_value& out, size_t depth) {
    if (depth > depth_max)
      return stop("too deep");
    if (++values_ > values_max)
      return stop("too many values");
    skip_space();
    switch (peek()) {
    case '{':
      return parse_object(out, depth);
    case '[':
      return parse_array(out, depth);
    case '"': {
      std::string s;
      if (!parse_string(s))
        return false;
      out = std::move(s);
      return true;
    }
    case 't':
      out = true;
      return take_word("true") || stop("not a value");
    case 'f':
      out = false;
      return take_word("false") || stop("not a value");
    case 'n':
      out = json_value::null{};
      return take_word("null") || stop("not a value");
    default:
      return parse_number(out);
    }
  }

  bool parse_object(json_value& out, size_t depth) {
    json_value::object members;
    take('{');
    if (!take('}')) {
      do {
        skip_space();
        std::string key;
        if (!parse_string(key))
          return false;
        if (members.contains(key))
          return stop("duplicate key");
        if (!take(':'))
          return stop("a colon is missing");
        json_value value{json_value::null{}};
        if (!parse_value(value, depth + 1))
          return false;
        members.emplace(std::move(key), std::move(value));
      } while (take(','));
      if (!take('}'))
        return stop("a comma or a closing brace is missing");
    }
    out = std::move(members);
    return true;
  }

  bool parse_array(json_value& out, size_t depth) {
    json_value::array elements;
    take('[');
    if (!take(']')) {
      do {
        json_value value{json_value::null{}};
        if (!parse_value(value, depth + 1))
          return false;
        elements.push_back(std::move(value));
      } while (take(','));
      if (!take(']'))
        return stop("a comma or a closing bracket is missing");
    }
    out = std::move(elements);
    return true;
  }

  bool parse_string(std::string& out) {
    if (peek() != '"' || at_ >= text_.size())
      return stop("a string is missing");
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<uint8_t>(c) < 0x20)
        return stop("a control character in a string");
      if (c == '\\') {
        if (!parse_escape(out))
          return false;
        continue;
      }
      const size_t length = utf8_length(text_.substr(at_));
      if (length == 0)
        return stop("invalid UTF-8");
      out.append(text_.substr(at_, length));
      at_ += length;
    }
    return stop("a string does not end");
  }

  bool parse_escape(std::string& out) {
    ++at_; // the backslash
    const char c = peek();
    ++at_;
    constexpr std::string_view from = "\"\\/bfnrt";
    constexpr std::string_view to = "\"\\/\b\f\n\r\t";
    if (const size_t i = from.find(c); i != std::string_view::npos && at_ <= text_.size()) {
      out.push_back(to[i]);
      return true;
    }
    uint32_t unit = 0;
    if (c != 'u' || !parse_hex(unit))
      return stop("not an escape sequence");
    if (unit >= 0xd800 && unit <= 0xdbff) {
      uint32_t low = 0;
      if (!take_word("\\u") || !parse_hex(low) || low < 0xdc00 || low > 0xdfff)
        return stop("half a surrogate pair");
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    } else if (unit >= 0xdc00 && unit <= 0xdfff) {
      return stop("half a surrogate pair");
    }
    append_utf8(out, unit);
    return true;
  }

  bool parse_hex(uint32_t& out) {
    if (at_ + 4 > text_.size())
      return false;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, begin + 4, out, 16);
    if (error != std::errc{} || end != begin + 4)
      return false;
    at_ += 4;
    return true;
  }

  bool parse_digits() {
    const size_t start = at_;
    while (peek() >= '0' && peek() <= '9')
      ++at_;
    return at_ > start;
  }

  bool parse_number(json_value& out) {
    const size_t start = at_;
    if (peek() == '-')
      ++at_;
    if (peek() == '0')
      ++at_;
    else if (!parse_digits())
      return stop("not a value");
    if (peek() == '.') {
      ++at_;
      if (!parse_digits())
        return stop("digits are missing after the point");
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-')
        ++at_;
      if (!parse_digits())
        return stop("digits are missing in the exponent");
    }
    out = json_value::number{std::string(text_.substr(start, at_ - start))};
    return true;
  }

  std::string_view text_;
  json_value root_{json_value::null{}};
  size_t at_ = 0;
  size_t values_ = 0;
  const char* problem_ = nullptr;
};

} // namespace

result<json_value> parse_json(std::string_view text) {
  return parser(text).run();
}

} // namespace weft
