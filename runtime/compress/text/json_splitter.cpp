#include "runtime/compress/text/json_scan.hpp"
#include "runtime/compress/text/long_piece.hpp"
#include "runtime/compress/text/splitters.hpp"

#include <algorithm>
#include <vector>

namespace weft {

namespace {

// A smaller value stays whole, and so does one that is but one of many.
constexpr size_t record_bytes_min = 1'024;
constexpr size_t record_share = 16;
// A larger one is cut, however many there are.
constexpr size_t record_bytes_max = size_t{64} << 10;
// Elements of an array that are smaller are taken together up to about so many bytes.
constexpr size_t element_bytes_small = 32;
constexpr size_t group_bytes_min = 128;
// Each level is read once more, so the levels that are cut are few.
constexpr size_t levels_max = 8;

class json_splitter {
public:
  explicit json_splitter(unit_writer& writer) : writer_(writer), text_(writer.text()) {}

  // Cuts the container that begins at `at` into its elements or members; returns the byte behind it.
  size_t cut(size_t at, size_t end, size_t level) {
    const bool object = text_[at] == '{';
    const auto size = end - at;
    at = skip_json_space(text_, at + 1, end);
    while (at < end && text_[at] != '}' && text_[at] != ']') {
      const auto begin = at;
      auto value = at;
      if (object) {
        value = skip_json_space(text_, skip_json(text_, at), end); // at the colon
        value = skip_json_space(text_, value + 1, end);
      }
      auto value_end = skip_json(text_, value);
      if (!object)
        value_end = extended(begin, value_end, end);
      add(begin, value, value_end, size, level);
      at = skip_json_space(text_, value_end, end);
      if (at < end && text_[at] == ',')
        at = skip_json_space(text_, at + 1, end);
    }
    return std::min(at + 1, end);
  }

private:
  // Of numbers, words and arrays: strings and objects are chosen one by one.
  bool is_small(size_t at) const { return text_[at] != '"' && text_[at] != '{'; }

  // Numbers and the like are too small to be chosen one by one: takes in those that follow.
  size_t extended(size_t begin, size_t value_end, size_t end) const {
    if (value_end - begin > element_bytes_small || !is_small(begin))
      return value_end;
    while (value_end - begin < group_bytes_min) {
      const auto comma = skip_json_space(text_, value_end, end);
      if (comma >= end || text_[comma] != ',')
        break;
      const auto next = skip_json_space(text_, comma + 1, end);
      const auto next_end = skip_json(text_, next);
      if (!is_small(next) || next_end - next > element_bytes_small)
        break;
      value_end = next_end;
    }
    return value_end;
  }

  void add(size_t begin, size_t value, size_t end, size_t parent, size_t level) {
    const auto size = end - value;
    const bool container = text_[value] == '{' || text_[value] == '[';
    const bool large = size > record_bytes_max || (size > record_bytes_min && size > parent / record_share);
    if (!container || !large || level >= levels_max) {
      writer_.add(begin, end, unit_kind::record);
      return;
    }
    if (begin < value) // its name says what the members are
      writer_.add_heading(begin, value, static_cast<uint8_t>(std::min<size_t>(level + 1, 6)));
    else
      writer_.end_paragraph();
    cut(value, end, level + 1);
    writer_.end_section();
  }

  unit_writer& writer_;
  std::string_view text_;
};

} // namespace

void split_json(unit_writer& writer, text_range part) {
  const auto text = writer.text();
  const auto begin = skip_json_space(text, part.begin, part.end);
  const auto whole = scan_json(text, begin, part.end);
  if (whole.valid && skip_json_space(text, whole.end, part.end) == part.end &&
      (text[begin] == '{' || text[begin] == '[')) {
    const auto units = writer.units().size();
    json_splitter{writer}.cut(begin, whole.end, 0);
    if (writer.units().size() == units) // "{}"
      writer.add(begin, whole.end, unit_kind::record);
  } else {
    for (auto at = part.begin; at < part.end;) {
      const auto line = line_at(text, at, part.end);
      at = line.next;
      writer.add(line.begin, line.end, unit_kind::record);
    }
  }
  writer.end_section();
}

} // namespace weft
