#include "runtime/compress/text/detect.hpp"
#include "runtime/compress/text/line_marks.hpp"
#include "runtime/compress/text/line_shape.hpp"
#include "tests/runtime/compress/text/texts.hpp"

#include <doctest/doctest.h>

#include <string>
#include <tuple>

using namespace weft;
using namespace weft::test;

TEST_CASE("each kind of text is recognised, and the reason fits in a line") {
  for (const auto& one : sample_texts()) {
    CAPTURE(one.name);
    const auto found = detect_content(one.text);
    CAPTURE(found.why);
    CHECK(to_string(found.kind) == to_string(one.kind));
    CHECK(!found.why.empty());
    CHECK(found.why.find('\n') == std::string::npos);
    CHECK(found.why.size() < 160);
  }
}

TEST_CASE("a text that repeats itself to many megabytes is still what it was") {
  for (const std::string_view name : {"story", "cpp", "nginx", "json_lines", "readme", "chinese", "dates_csv"}) {
    CAPTURE(name);
    std::string text;
    while (text.size() < 1'000'000)
      text += sample(name);
    CHECK(to_string(detect_content(text).kind) == to_string(detect_content(sample(name)).kind));
  }
}

TEST_CASE("the reason says what was seen") {
  CHECK(detect_content(sample("dpkg")).why == "4 of 4 lines begin with a time");
  CHECK(detect_content(sample("json_lines")).why == "3 of 3 lines are JSON values");
  CHECK(detect_content(sample("tsv")).why == "rows of 3 cells between tabs");
  CHECK(detect_content(sample("json_broken")).why.find("does not parse at byte 62") != std::string::npos);
  CHECK(detect_content("  \n ").why == "the text is empty");
}

TEST_CASE("a few broken lines among JSON lines are told, many are none") {
  std::string text;
  for (int i = 0; i < 30; ++i)
    text += i == 5 ? "{\"id\": }\n" : "{\"id\": 1}\n";
  const auto found = detect_content(text);
  CHECK(found.kind == content_kind::json);
  CHECK(found.why == "29 of 30 lines are JSON values; one does not parse at byte 57");
  CHECK(detect_content("[1] First remark in a text.\n[2] Second remark in it.\n").kind != content_kind::json);
  CHECK(detect_content("[error] one\n[error] two\n").kind == content_kind::log);
}

TEST_CASE("a log without times is told by its first words") {
  std::string text = "Log started: 2024-01-02  10:11:12\n";
  for (int i = 0; i < 30; ++i)
    text += "Selecting previously unselected package p" + std::to_string(i) +
            ".\nUnpacking p (1.0) ...\nSetting up p (1.0) ...\n";
  CHECK(detect_content(text).kind == content_kind::log);
}

TEST_CASE("a time is recognised as logs write it") {
  using row = std::pair<std::string_view, size_t>;
  for (const auto& [text, bytes] : {
           row{"2024-01-02 10:11:12 x", 19},
           row{"2024-01-02T10:11:12.123456+01:00 x", 32},
           row{"2024-01-02T10:11Z", 17},
           row{"2024/01/02 10:11:12 [error]", 19},
           row{"Jan  2 03:04:05 host", 15},
           row{"Tue Jan 12 13:14:15 2024", 19},
           row{"Tue, 02 Jan 2024 13:14:15", 25},
           row{"10/Oct/2023:13:55:36 +0000]", 20},
           row{"10:11:12,345 x", 12},
           row{"1700000000.123 x", 14},
           row{"1700000000123 x", 13},
           row{"I0102 15:04:05.123456 7 f.cc:1]", 21},
           row{"[   12.345678] eth0", 14},
           row{"2024-01-02 is a day", 0},
           row{"10:11 he came", 0},
           row{"1700000000 ", 10},
           row{"170000000 ", 0},
           row{"May we go", 0},
           row{"", 0},
       }) {
    CAPTURE(text);
    CHECK(time_bytes(text) == bytes);
  }
}

TEST_CASE("headings and list items are known by their marks") {
  using row = std::tuple<std::string_view, int>;
  for (const auto& [line, level] : {
           row{"CHAPTER II", 1},
           row{"Chapter 3. The Sea", 1},
           row{"THE END OF IT", 1},
           row{"Abstract", 1},
           row{"3.2 Methods", 2},
           row{"2.1.4. Long Names Are Fine", 3},
           row{"IV. Results", 1},
           row{"The History of Ferries", 2},
           row{"第一章 北京", 2},
           row{"This is a sentence that stands alone.", 0},
           row{"this is not", 0},
           row{"It rained, and they all went home without a word", 0},
           row{"1990 was a year", 0},
           row{"42", 0},
           row{"", 0},
       }) {
    CAPTURE(line);
    CHECK(int{lone_heading_level(line)} == level);
  }
  for (const auto& [line, bytes] :
       {row{"- a", 2}, row{"* a", 2}, row{"12. a", 4}, row{"1) a", 3}, row{"(b) a", 4}, row{"a) b", 3},
        row{"\u2022 a", 4}, row{"-a", 0}, row{"1.5 a", 0}, row{"1990. A", 0}, row{"-", 0}, row{"", 0}}) {
    CAPTURE(line);
    CHECK(int(list_marker_bytes(line)) == bytes);
  }
  for (const auto& [line, level] : {row{"# a", 1}, row{"### a", 3}, row{"#a", 0}, row{"####### a", 0}, row{"#", 0}}) {
    CAPTURE(line);
    CHECK(int{hash_heading_level(line)} == level);
  }
}

TEST_CASE("paragraphs of a line each that begin with the same word are prose") {
  std::string text;
  for (int i = 0; i < 60; ++i)
    text += "The clerk of town " + std::to_string(i) + " walked to the mill. The nurse counted " +
            std::to_string(i * 7) + " boats there.\n\n";
  CHECK(detect_content(text).kind == content_kind::prose);
}
