#include "tests/tools/weft/scratch_file.hpp"
#include "tools/weft/text_source.hpp"

#include <doctest/doctest.h>

using namespace weft::cli;
using weft::test::scratch_file;

namespace {

std::vector<text_item> all_of(const text_source_options& options) {
  const stop_signal stop;
  text_source source{options, stop};
  std::vector<text_item> items;
  for (text_item item; source.next(item);)
    items.push_back(item);
  return items;
}

std::vector<std::string> texts_of(const std::string& content, split by) {
  const scratch_file file{content};
  std::vector<std::string> texts;
  for (const auto& item : all_of({.files = {file.path()}, .by = by}))
    texts.push_back(std::to_string(item.place.line) + " " + (item.trouble ? item.trouble->reason : item.text));
  return texts;
}

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("each line is a text, an empty one too, and the last needs no end") {
  CHECK(texts_of("", split::line) == strings{});
  CHECK(texts_of("a\nb\n", split::line) == strings{"1 a", "2 b"});
  CHECK(texts_of("a\r\n\nlast", split::line) == strings{"1 a", "2 ", "3 last"});
  CHECK(texts_of("\xEF\xBB\xBFmarked\n", split::line) == strings{"1 marked"});
  CHECK(texts_of("good\nbad\xff\ngood", split::line) == strings{"1 good", "2 INVALID_UTF8", "3 good"});
}

TEST_CASE("paragraphs end at blank lines and know where they begin") {
  CHECK(texts_of("\n \none\ntwo\n\t\n\nthree\n", split::paragraph) == strings{"3 one\ntwo", "7 three"});
  CHECK(texts_of("\n\n", split::paragraph) == strings{});
  CHECK(texts_of("one\r\ntwo\r\n\r\nthree", split::paragraph) == strings{"1 one\ntwo", "4 three"});
}

TEST_CASE("a file can be one text") {
  CHECK(texts_of("a\n\nb\n", split::file) == strings{"1 a\n\nb\n"});
  CHECK(texts_of("", split::file) == strings{"1 "});
}

TEST_CASE("lines longer than the buffer are whole") {
  const std::string longer(200000, 'x');
  const scratch_file file{"a\n" + longer + "\nb"};
  const auto items = all_of({.files = {file.path()}});
  REQUIRE(items.size() == 3);
  CHECK(items[1].text == longer);
  CHECK(items[2].place.line == 3);
}

TEST_CASE("a text above the limit fails alone and is not kept") {
  for (const split by : {split::line, split::paragraph}) {
    const scratch_file file{"ok\n\n" + std::string(100, 'x') + "\n\nlast\n"};
    const auto items = all_of({.files = {file.path()}, .by = by, .text_bytes_max = 10});
    REQUIRE(items.size() >= 3);
    const auto& large = items[by == split::line ? 2 : 1];
    REQUIRE(large.trouble);
    CHECK(large.trouble->reason == "TEXT_TOO_LARGE");
    CHECK(large.text.empty());
    CHECK(items.back().text == "last");
    CHECK_FALSE(items.back().trouble);
  }
}

TEST_CASE("a paragraph of many short lines has the same limit") {
  const scratch_file file{"aaaa\nbbbb\ncccc\n\nok\n"};
  const auto items = all_of({.files = {file.path()}, .by = split::paragraph, .text_bytes_max = 10});
  REQUIRE(items.size() == 2);
  REQUIRE(items[0].trouble);
  CHECK(items[1].text == "ok");
}

TEST_CASE("texts come before files, and the bytes add up") {
  const scratch_file file{"12345\n678"};
  const stop_signal stop;
  text_source source{{.texts = {"abc", ""}, .files = {file.path()}}, stop};
  CHECK(source.bytes_total() == 12);
  text_item item;
  std::vector<uint64_t> bytes;
  while (source.next(item))
    bytes.push_back(item.input_bytes);
  CHECK(bytes == std::vector<uint64_t>{3, 3, 9, 12});
}

TEST_CASE("a file that vanished is named and the others go on") {
  const scratch_file file{"there\n"};
  const auto items = all_of({.files = {"/nowhere/at/all", file.path()}});
  REQUIRE(items.size() == 2);
  REQUIRE(items[0].trouble);
  CHECK(items[0].place.file == "/nowhere/at/all");
  CHECK(items[1].text == "there");
}

TEST_CASE("wrong files are found before any work") {
  CHECK(text_source::check({"/nowhere/at/all"})->code == exit_code::usage);
  CHECK(text_source::check({"/tmp"})->what.find("is a directory") != std::string::npos);
  CHECK(text_source::check({"-", "-"}).has_value());
  CHECK_FALSE(text_source::check({"-", "/dev/null"}).has_value());
}
