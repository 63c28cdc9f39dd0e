#include "runtime/compress/text/characters.hpp"
#include "runtime/compress/text/split.hpp"
#include "runtime/compress/text/unit_writer.hpp"
#include "tests/runtime/compress/text/texts.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace weft;
using namespace weft::test;

namespace {

// The first promise of a document that does not hold; "" where all do.
std::string broken_promise(const document& made) {
  uint64_t end = 0;
  const text_unit* last = nullptr;
  const auto only_joints = [&](uint64_t from, uint64_t to) {
    const auto between = trimmed(made.text.substr(from, to - from));
    if (made.kind == content_kind::json || made.kind == content_kind::mixed)
      return between.find_first_not_of("{}[],: \n\r\t") == std::string_view::npos;
    return between.empty();
  };
  for (const auto& unit : made.units) {
    const auto at = " at byte " + std::to_string(unit.begin);
    if (unit.begin < end || unit.end <= unit.begin || unit.end > made.text.size())
      return "units ascend inside the text" + at;
    const auto text = made.text.substr(unit.begin, unit.end - unit.begin);
    if (trimmed(text) != text)
      return "no white space at the ends" + at;
    if (valid_utf8_bytes(text) != text.size())
      return "whole characters" + at;
    if (text.size() > unit_bytes_max)
      return "no unit too long" + at;
    if (!only_joints(end, unit.begin))
      return "nothing lost before a unit" + at;
    if (last != nullptr && (unit.section < last->section || unit.section > last->section + 1))
      return "sections ascend one by one" + at;
    if (last != nullptr && (unit.paragraph < last->paragraph || unit.paragraph > last->paragraph + 1))
      return "paragraphs ascend one by one" + at;
    if (last != nullptr && unit.section != last->section && unit.paragraph == last->paragraph)
      return "a section begins with a paragraph" + at;
    if ((unit.kind == unit_kind::heading) != (unit.level > 0))
      return "headings have levels" + at;
    end = unit.end;
    last = &unit;
  }
  return only_joints(end, made.text.size()) ? "" : "nothing lost at the end";
}

void check_promises(std::string_view text) {
  const auto made = split_text(text);
  if (!made)
    return;
  CHECK(broken_promise(*made) == "");
}

} // namespace

TEST_CASE("the units of real texts cover them") {
  for (const auto& one : sample_texts()) {
    CAPTURE(one.name);
    check_promises(one.text);
    for (size_t bytes = 0; bytes < one.text.size(); bytes += 7) // cut anywhere
      check_promises(one.text.substr(0, bytes));
    std::string windows;
    for (const char c : one.text)
      windows += c == '\n' ? "\r\n" : std::string(1, c);
    check_promises(windows);
  }
}

TEST_CASE("the units of random texts cover them") {
  constexpr uint32_t seed = 5;
  std::mt19937 random{seed};
  constexpr std::string_view pieces[] = {"a",
                                         "Word ",
                                         "word ",
                                         ". ",
                                         "\n",
                                         "\n\n",
                                         "# ",
                                         "- ",
                                         "1. ",
                                         "\"",
                                         "(",
                                         ")",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         ",",
                                         ":",
                                         ";",
                                         "|",
                                         "\t",
                                         "```\n",
                                         "===\n",
                                         "---\n",
                                         "\u3002",
                                         "\u201C",
                                         "\u201D",
                                         "\u2026",
                                         "\u3000",
                                         "\u00A0",
                                         "Mr. ",
                                         "3.14",
                                         "2024-01-02 10:11:12 ",
                                         "  ",
                                         "\r\n",
                                         "at x\n",
                                         "/* ",
                                         " */",
                                         "\"\"\"",
                                         "{\"a\":1}",
                                         "!",
                                         "?",
                                         "Traceback (\n",
                                         "| a | b |\n",
                                         "|---|---|\n",
                                         "\u65E5"};
  for (int round = 0; round < 3'000; ++round) {
    std::string text;
    const auto size = random() % 60;
    const auto rare = random() % std::size(pieces) + 1; // some texts are of few pieces
    const auto shift = random() % std::size(pieces);
    for (size_t i = 0; i < size; ++i)
      text += pieces[(random() % rare + shift) % std::size(pieces)];
    CAPTURE(seed);
    CAPTURE(round);
    CAPTURE(text);
    check_promises(text);
  }
}

TEST_CASE("random bytes are refused or covered") {
  constexpr uint32_t seed = 6;
  CAPTURE(seed);
  std::mt19937 random{seed};
  for (int round = 0; round < 500; ++round) {
    std::string text(random() % 200, ' ');
    for (auto& c : text)
      c = static_cast<char>(round % 2 == 0 ? random() : 32 + random() % 96);
    check_promises(text);
  }
}

TEST_CASE("texts of one thing a hundred thousand times are split in linear time") {
  for (const std::string_view piece :
       {"(",  "\"", ".",      "\n",     "#",    "[",    "{\"a\":", "```\n", "a\n",   "| \n",    "\"\n",   "\"\",",
        ". ", "a.", "\u3002", "\u3000", "/*\n", "{}\n", "1. ",     "===\n", "- a\n", " at x\n", "\u2026", "x"}) {
    CAPTURE(piece);
    std::string text;
    for (int i = 0; i < 100'000; ++i)
      text += piece;
    check_promises(text);
  }
}

TEST_CASE("equal texts give equal documents") {
  for (const auto& one : sample_texts()) {
    const std::string copy{one.text};
    const auto a = split_text(one.text);
    const auto b = split_text(copy);
    REQUIRE(a->units.size() == b->units.size());
    CHECK(a->why_kind == b->why_kind);
    CHECK(a->profile.complexity == b->profile.complexity);
    CHECK(a->profile.repetition == b->profile.repetition);
  }
}
