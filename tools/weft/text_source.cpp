#include "tools/weft/text_source.hpp"

#include "runtime/base/errc.hpp"
#include "tools/weft/utf8.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft::cli {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

text_problem trouble_of(errc code, std::string message) {
  return {static_cast<int>(info(code).status), std::string{info(code).reason}, std::move(message)};
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\f\v") == std::string_view::npos;
}

std::optional<uint64_t> size_of(const std::string& file) {
  struct stat about {};
  const int failed = file == "-" ? fstat(STDIN_FILENO, &about) : stat(file.c_str(), &about);
  if (failed != 0 || !S_ISREG(about.st_mode))
    return std::nullopt;
  return static_cast<uint64_t>(about.st_size);
}

} // namespace

std::string to_string(const text_place& place) {
  return place.file + ":" + std::to_string(place.line);
}

std::optional<problem> text_source::check(const std::vector<std::string>& files) {
  if (std::count(files.begin(), files.end(), "-") > 1)
    return usage_problem("'-' (standard input) can be read once only");
  for (const auto& file : files) {
    if (file == "-")
      continue;
    struct stat about {};
    if (stat(file.c_str(), &about) != 0 || access(file.c_str(), R_OK) != 0)
      return usage_problem("cannot read '" + printable(file) + "': " + std::strerror(errno));
    if (S_ISDIR(about.st_mode))
      return usage_problem("'" + printable(file) + "' is a directory",
                           "Name the files in it: " + printable(file) + "/*");
  }
  return std::nullopt;
}

text_source::text_source(text_source_options options, const stop_signal& stop)
    : options_(std::move(options)), stop_(stop) {
  uint64_t total = 0;
  for (const auto& text : options_.texts)
    total += text.size();
  for (const auto& file : options_.files) {
    const auto size = size_of(file);
    if (!size)
      return;
    total += *size;
  }
  bytes_total_ = total;
}

bool text_source::next(text_item& item) {
  item = {};
  if (texts_given_ < options_.texts.size()) {
    too_large_ = false;
    const std::string& text = options_.texts[texts_given_++];
    keep(item.text, text);
    bytes_done_ += text.size();
    item.place = {"--text", texts_given_};
    finish(item);
    return true;
  }
  while (reader_ || open_next_file()) {
    if (!reader_) { // it was there when the command started
      item.place = {name_, 0};
      item.trouble = trouble_of(errc::invalid_argument, "cannot open it: " + std::string{std::strerror(errno)});
      item.input_bytes = bytes_done_;
      return true;
    }
    too_large_ = false;
    const bool found = options_.by == split::line        ? next_line(item)
                       : options_.by == split::paragraph ? next_paragraph(item)
                                                         : next_file(item);
    const int error = reader_->error();
    if (error != 0 && !found) {
      item.place = {name_, line_};
      item.trouble = trouble_of(errc::invalid_argument, "cannot read on: " + std::string{std::strerror(error)});
    }
    if (found)
      finish(item);
    item.input_bytes = bytes_done_ + reader_->bytes_read();
    if (!found) {
      bytes_done_ += reader_->bytes_read();
      reader_.reset();
    }
    if (found || error != 0)
      return true;
  }
  return false;
}

bool text_source::open_next_file() {
  if (files_opened_ == options_.files.size())
    return false;
  const std::string& file = options_.files[files_opened_++];
  const bool standard = file == "-";
  name_ = standard ? "stdin" : file;
  line_ = 0;
  const int descriptor = standard ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return true;
  reader_ = std::make_unique<byte_reader>(descriptor, stop_);
  // Editors on other systems put a mark in front that is no part of the text.
  if (reader_->peek().starts_with(byte_order_mark))
    reader_->consume(byte_order_mark.size());
  return true;
}

void text_source::keep(std::string& text, std::string_view piece) {
  if (text.size() + piece.size() > options_.text_bytes_max)
    too_large_ = true;
  else if (!too_large_)
    text += piece;
}

bool text_source::next_line(text_item& item) {
  if (reader_->peek().empty())
    return false;
  item.place = {name_, ++line_};
  for (std::string_view bytes = reader_->peek(); !bytes.empty(); bytes = reader_->peek()) {
    const size_t end = bytes.find('\n');
    keep(item.text, bytes.substr(0, end));
    reader_->consume(end == std::string_view::npos ? bytes.size() : end + 1);
    if (end != std::string_view::npos)
      break;
  }
  if (item.text.ends_with('\r'))
    item.text.pop_back();
  return true;
}

bool text_source::next_paragraph(text_item& item) {
  text_item line;
  bool any = false;
  bool large = false; // too_large_ belongs to the line that next_line() reads
  for (too_large_ = false; next_line(line); too_large_ = false, line = {}) {
    if (is_blank(line.text) && !too_large_) {
      if (any)
        break;
      continue;
    }
    if (!any)
      item.place = line.place;
    else if (!large)
      item.text += '\n';
    any = true;
    large = large || too_large_ || item.text.size() + line.text.size() > options_.text_bytes_max;
    if (!large)
      item.text += line.text;
  }
  too_large_ = large;
  return any;
}

bool text_source::next_file(text_item& item) {
  if (line_ != 0)
    return false;
  item.place = {name_, ++line_};
  for (std::string_view bytes = reader_->peek(); !bytes.empty(); bytes = reader_->peek()) {
    keep(item.text, bytes);
    reader_->consume(bytes.size());
  }
  return reader_->error() == 0;
}

void text_source::finish(text_item& item) {
  item.input_bytes = bytes_done_;
  if (too_large_) {
    item.text.clear();
    item.text.shrink_to_fit();
    item.trouble = trouble_of(errc::text_too_large,
                              "the text has more than " + std::to_string(options_.text_bytes_max) + " bytes");
  } else if (const auto bad = find_invalid_utf8(item.text)) {
    item.trouble = trouble_of(errc::invalid_utf8, "the text is not valid UTF-8 at its byte " + std::to_string(*bad));
  }
}

} // namespace weft::cli
