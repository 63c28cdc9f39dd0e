#include "runtime/compress/text/split.hpp"
#include "tests/runtime/compress/text/texts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace weft;
using namespace weft::test;

namespace {

std::vector<std::string> units_of(const document& made, unit_kind kind) {
  std::vector<std::string> found;
  for (uint32_t i = 0; i < made.units.size(); ++i)
    if (made.units[i].kind == kind)
      found.emplace_back(made.of(i));
  return found;
}

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("what is no text is refused, and the place is named") {
  using namespace std::string_literals;
  const auto nul = split_text("abc\0def"s);
  REQUIRE(!nul);
  CHECK(nul.error().code == errc::not_text);
  CHECK(nul.error().metadata == std::vector{std::pair{"byte"s, "3"s}});
  const auto controls = split_text("\x01\x02\x03\x04\x05\x06 text");
  REQUIRE(!controls);
  CHECK(controls.error().code == errc::not_text);
  for (const auto& [text, byte] : {std::pair{"ab\xFFz"s, "2"s},
                                   {"caf\xE9 latin"s, "3"s},
                                   {"\xED\xA0\x80"s, "0"s},
                                   {"12345678\xC0\x80"s, "8"s},
                                   {"ok \xE2\x82"s, "3"s},
                                   {"\xF4\x90\x80\x80"s, "0"s}}) {
    const auto refused = split_text(text);
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::invalid_utf8);
    CHECK(refused.error().metadata == std::vector{std::pair{"byte"s, byte}});
    CHECK(refused.error().message.find("byte " + byte) != std::string::npos);
  }
  CHECK(split_text("\x1B[31mred\x1B[0m\a text that a terminal wrote, with one bell in it")); // few are fine
}

TEST_CASE("an empty text has no units") {
  for (const std::string_view text : {"", " ", "\n\t \r\n", "\u3000\u00A0", "\uFEFF"}) {
    const auto made = split_text(text);
    REQUIRE(made);
    CHECK(made->units.empty());
    CHECK(made->tokens.empty());
  }
}

TEST_CASE("prose has headings, paragraphs and sentences") {
  const auto made = split_text(sample("story"));
  REQUIRE(made);
  CHECK(units_of(*made, unit_kind::heading) == strings{"CHAPTER I. THE FERRY", "CHAPTER II. THE ISLAND"});
  const auto sentences = units_of(*made, unit_kind::sentence);
  REQUIRE(sentences.size() == 9);
  CHECK(sentences[1] == "Mr. Hale stood at the rail and counted his coins; there were 3.50 in\nall.");
  CHECK(sentences[2] == "\"Will it rain?\" he asked.");
  CHECK(sentences[8] == "The keeper, a Dr. Moll, had come for a week and stayed.");
  CHECK(made->units.front().section == 0);
  CHECK(made->units.back().section == 1);
  CHECK(made->units.back().paragraph == 4);
  CHECK(made->profile.language == "en");
}

TEST_CASE("a paper's sections have the levels of their numbers") {
  const auto made = split_text(sample("paper"));
  REQUIRE(made);
  std::vector<std::pair<std::string, int>> headings;
  for (uint32_t i = 0; i < made->units.size(); ++i)
    if (made->units[i].kind == unit_kind::heading)
      headings.emplace_back(made->of(i), made->units[i].level);
  CHECK(headings ==
        std::vector<std::pair<std::string, int>>{{"Queues That Forget: Bounded Waiting in Small Clusters", 2},
                                                 {"Abstract", 1},
                                                 {"1. Introduction", 1},
                                                 {"2. Methods", 1},
                                                 {"2.1 Setup", 2},
                                                 {"3. Results", 1},
                                                 {"References", 1}});
}

TEST_CASE("markdown has headings, list items, code and tables") {
  const auto made = split_text(sample("readme"));
  REQUIRE(made);
  CHECK(units_of(*made, unit_kind::heading) == strings{"# Pigeon", "## Install", "## Options", "Limits\n------"});
  CHECK(units_of(*made, unit_kind::code_line) == strings{"```sh", "make", "sudo make install", "```"});
  CHECK(units_of(*made, unit_kind::list_item) ==
        strings{"- `--fast`: skips the checks.", "Do not use it.",
                "- `--loft DIR`: where messages wait\n  until somebody fetches them."});
  CHECK(units_of(*made, unit_kind::table_row) ==
        strings{"| option | default |\n|--------|---------|", "| fast   | no      |", "| loft   | /tmp    |"});
  const auto header = std::find_if(made->units.begin(), made->units.end(), [](const auto& u) { return u.header; });
  REQUIRE(header != made->units.end());
  CHECK(header->kind == unit_kind::table_row);
}

TEST_CASE("code is cut into lines, and definitions begin sections") {
  const auto made = split_text(sample("python"));
  REQUIRE(made);
  const auto lines = units_of(*made, unit_kind::code_line);
  CHECK(lines.size() == made->units.size());
  CHECK(lines.front() == "#!/usr/bin/env python3");
  const auto section_of = [&](std::string_view line) {
    for (uint32_t i = 0; i < made->units.size(); ++i)
      if (made->of(i) == line)
        return made->units[i].section;
    return ~0U;
  };
  CHECK(section_of("def count(path):") == 1);
  CHECK(section_of("return Counter(file.read().split())") == 1);
  CHECK(section_of("def main():") == section_of("print(path, sum(count(path).values()))"));
  CHECK(section_of("def main():") > 1);
}

TEST_CASE("a log's record holds what continues it") {
  const auto java = split_text(sample("java_log"));
  REQUIRE(java);
  REQUIRE(java->units.size() == 5);
  CHECK(java->of(1).starts_with("java.lang.IllegalStateException"));
  CHECK(java->of(1).ends_with("(Native Method)"));
  const auto python = split_text(sample("python_log"));
  REQUIRE(python);
  REQUIRE(python->units.size() == 4);
  CHECK(python->of(1).starts_with("2024-05-06 07:08:10,456 ERROR"));
  CHECK(python->of(1).ends_with("ValueError: no such file"));
  const auto history = split_text(sample("apt_history"));
  REQUIRE(history);
  CHECK(history->units.size() == 8);
  CHECK(history->units.back().paragraph == 1);
}

TEST_CASE("a table's rows keep quoted newlines, and its first row is the header") {
  const auto made = split_text(sample("csv"));
  REQUIRE(made);
  CHECK(units_of(*made, unit_kind::table_row) == strings{"id,name,note", "1,Ada,\"likes \"\"tea\"\", and\ntwo lines\"",
                                                         "2,Ben,", "3,\"Cho, Li\",late", "4,Dora,ok"});
  CHECK(made->units[0].header);
  CHECK(!made->units[1].header);
  const auto numbers = split_text("1,2,3\n4,5,6\n7,8,9\n");
  REQUIRE(numbers);
  CHECK(numbers->kind == content_kind::table);
  CHECK(!numbers->units[0].header);
  const auto unclosed = split_text("a,b,c\n\"x,1,2\ny,3,4\nz,5,6\n");
  REQUIRE(unclosed);
  CHECK(unclosed->units.size() == 4);
}

TEST_CASE("JSON is cut into elements and members") {
  const auto object = split_text(sample("json_object"));
  REQUIRE(object);
  CHECK(units_of(*object, unit_kind::record) ==
        strings{R"("name": "pigeon")", R"("limits": {"bytes": 4096, "seconds": [1, 2, 3]})", R"("tags": [])"});
  const auto array = split_text(sample("json_array"));
  REQUIRE(array);
  CHECK(units_of(*array, unit_kind::record) ==
        strings{R"({"id": 1, "say": "a, b"})", R"({"id": 2, "say": "[c]"})", R"({"id": 3, "say": "\"}"})"});
  const auto lines = split_text(sample("json_lines"));
  REQUIRE(lines);
  CHECK(units_of(*lines, unit_kind::record).size() == 3);
  const auto broken = split_text(sample("json_broken"));
  REQUIRE(broken);
  CHECK(units_of(*broken, unit_kind::code_line).size() == 4);
  CHECK(split_text("{}")->units.size() == 1);
}

TEST_CASE("a large member is cut in its turn, under its name, and small numbers are taken together") {
  std::string text = R"({"version": 3, "users": [)";
  for (int i = 0; i < 100; ++i)
    text += (i > 0 ? ", " : "") + std::string{R"({"id": )"} + std::to_string(i) + R"(, "name": "somebody"})";
  text += R"(], "counts": [)";
  for (int i = 0; i < 1'000; ++i)
    text += (i > 0 ? "," : "") + std::to_string(i);
  text += "]}";
  const auto made = split_text(text);
  REQUIRE(made);
  CHECK(units_of(*made, unit_kind::heading) == strings{R"("users":)", R"("counts":)"});
  const auto records = units_of(*made, unit_kind::record);
  CHECK(records[0] == R"("version": 3)");
  CHECK(records[1] == R"({"id": 0, "name": "somebody"})");
  CHECK(records.size() < 140);
  CHECK(records.size() > 110);
}

TEST_CASE("a mixed text is cut block by block, each as what it is") {
  const auto made = split_text(sample("mixed"));
  REQUIRE(made);
  CHECK(units_of(*made, unit_kind::sentence).size() == 4);
  CHECK(units_of(*made, unit_kind::log_line).size() == 4);
  CHECK(units_of(*made, unit_kind::code_line).size() == 6);
  CHECK(units_of(*made, unit_kind::record).size() == 3);
}

TEST_CASE("short entries are units of their own, wrapped lines are not") {
  CHECK(split_text("root:x:0:0\nmail:x:8:8\nnews:x:9:9\nproxy:x:13:13\ndaemon:x:1:1\n")->units.size() == 5);
  CHECK(split_text("alpha\nbeta\ngamma\ndelta\nepsilon\n")->units.size() == 5);
  CHECK(split_text("a line that goes on\nin another one and\nends in the third\nor in the fourth\n")->units.size() ==
        1);
}

TEST_CASE("a line of five megabytes is cut into units that are useful") {
  std::string words;
  while (words.size() < 5'000'000)
    words += "lorem ipsum dolor ";
  const auto made = split_text(words);
  REQUIRE(made);
  CHECK(made->units.size() > 2'000);
  const auto solid = split_text(std::string_view{std::string(5'000'000, 'x')});
  REQUIRE(solid);
  CHECK(solid->units.size() == 5);
}
