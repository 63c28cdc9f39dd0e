#include "runtime/compress/text/block_kind.hpp"
#include "runtime/compress/text/line_marks.hpp"
#include "runtime/compress/text/line_shape.hpp"
#include "runtime/compress/text/long_piece.hpp"
#include "runtime/compress/text/sentences.hpp"
#include "runtime/compress/text/splitters.hpp"

#include <algorithm>

namespace weft {

namespace {

class prose_splitter {
public:
  prose_splitter(unit_writer& writer, text_range part)
      : writer_(writer), text_(writer.text()), at_(part.begin), end_(part.end) {}

  void run() {
    while (at_ < end_) {
      line_ = line_at(text_, at_, end_);
      words_ = content(text_, line_);
      at_ = line_.next;
      if (line_.blank())
        finish_paragraph();
      else if (!take_block() && !take_heading())
        take_words();
    }
    finish_paragraph();
    writer_.end_section();
  }

private:
  // Lines of the paragraph or list item that is being read: text_[begin, end), its words from `from`.
  struct pending_lines {
    size_t begin = 0;
    size_t from = 0;
    size_t end = 0;
    size_t lines = 0;
    size_t indent = 0; ///< of the last one
    unit_kind kind = unit_kind::sentence;
  };

  void flush() {
    if (pending_.lines > 0)
      add_sentences(writer_, pending_.begin, pending_.from, pending_.end, pending_.kind);
    pending_ = {};
  }

  void finish_paragraph() {
    flush();
    writer_.end_paragraph();
    entries_ = in_paragraph_ = false;
  }

  bool next_is_blank() const { return at_ >= end_ || line_at(text_, at_, end_).blank(); }

  // Fenced and indented code, pipe tables.
  bool take_block() {
    if (is_fence(words_)) {
      finish_paragraph();
      take_fence();
    } else if (words_[0] == '|' && words_.size() > 1) {
      finish_paragraph();
      take_table();
    } else if (pending_.lines == 0 && line_.indent() >= 4 && shape_of(words_) == line_shape::code) {
      writer_.add(line_.begin, line_.end, unit_kind::code_line);
      return true;
    } else {
      return false;
    }
    writer_.end_paragraph();
    return true;
  }

  void take_fence() {
    const char mark = words_[0];
    add_long_piece(writer_, line_.begin, line_.end, unit_kind::code_line);
    while (at_ < end_) {
      const auto line = line_at(text_, at_, end_);
      at_ = line.next;
      add_long_piece(writer_, line.begin, line.end, unit_kind::code_line);
      if (is_fence(content(text_, line)) && text_[line.first] == mark)
        return;
    }
  }

  void take_table() {
    auto begin = line_.begin;
    auto end = line_.end;
    if (at_ < end_) {
      const auto second = line_at(text_, at_, end_);
      if (is_table_rule(content(text_, second))) { // belongs to the header: neither means anything alone
        end = second.end;
        at_ = second.next;
        writer_.add_header(begin, end);
        begin = end;
      }
    }
    writer_.add(begin, end, unit_kind::table_row);
    while (at_ < end_) {
      const auto line = line_at(text_, at_, end_);
      if (line.blank() || text_[line.first] != '|')
        return;
      at_ = line.next;
      writer_.add(line.begin, line.end, unit_kind::table_row);
    }
  }

  bool take_heading() {
    if (const auto level = hash_heading_level(words_); level > 0) {
      finish_paragraph();
      writer_.add_heading(line_.begin, line_.end, level);
      return true;
    }
    if (is_rule(words_)) {
      take_rule();
      return true;
    }
    if (pending_.lines > 0)
      return false;
    const auto level = next_is_blank() ? lone_heading_level(words_) : above_text_level();
    if (level == 0)
      return false;
    writer_.add_heading(line_.begin, line_.end, level);
    return true;
  }

  // A numbered heading may stand right above its text.
  uint8_t above_text_level() const {
    const auto level = numbered_heading_level(words_);
    return level >= 2 || (level == 1 && names_paper_section(words_)) ? level : uint8_t{0};
  }

  void take_rule() {
    if (pending_.lines == 1 && pending_.kind == unit_kind::sentence && words_[0] != '*' && words_[0] != '+') {
      const auto begin = pending_.begin;
      pending_ = {};
      writer_.add_heading(begin, line_.end, words_[0] == '=' || words_[0] == '#' ? 1 : words_[0] == '-' ? 2 : 3);
      return;
    }
    finish_paragraph();
    if (at_ < end_) { // a title between two rules
      const auto title = line_at(text_, at_, end_);
      const auto below = title.next < end_ ? line_at(text_, title.next, end_) : text_line{};
      if (!title.blank() && title.next < end_ && is_rule(content(text_, below)) && text_[below.first] == words_[0]) {
        at_ = below.next;
        writer_.add_heading(line_.begin, below.end, 1);
        return;
      }
    }
    writer_.add(line_.begin, line_.end, unit_kind::sentence);
    writer_.end_paragraph();
  }

  void take_words() {
    const auto marker = list_marker_bytes(words_);
    if (marker > 0) {
      if (pending_.kind != unit_kind::list_item)
        finish_paragraph();
      flush();
      pending_.begin = line_.begin;
      pending_.from = line_.first + marker;
      pending_.kind = unit_kind::list_item;
    } else if (pending_.lines == 0) {
      if (!entries_ && !in_paragraph_ && shape_of(words_) == line_shape::other)
        entries_ = looks_like_entries(text_, {line_.begin, end_});
      pending_.begin = pending_.from = line_.begin;
    } else if (begins_indented_paragraph()) {
      finish_paragraph();
      pending_.begin = pending_.from = line_.begin;
    }
    pending_.end = line_.end;
    pending_.indent = line_.indent();
    ++pending_.lines;
    in_paragraph_ = true;
    if (entries_)
      flush();
  }

  // As in books: no blank line, but the first line stands further in, behind one that ends a sentence.
  bool begins_indented_paragraph() const {
    if (pending_.kind != unit_kind::sentence || line_.indent() < pending_.indent + 2)
      return false;
    return std::string_view(".!?\"'").find(text_[pending_.end - 1]) != std::string_view::npos;
  }

  unit_writer& writer_;
  std::string_view text_;
  size_t at_;
  size_t end_;
  text_line line_;
  std::string_view words_; ///< of line_
  pending_lines pending_;
  bool in_paragraph_ = false;
  bool entries_ = false; ///< of this paragraph each line stands for itself
};

} // namespace

void split_prose(unit_writer& writer, text_range part) {
  prose_splitter{writer, part}.run();
}

} // namespace weft
