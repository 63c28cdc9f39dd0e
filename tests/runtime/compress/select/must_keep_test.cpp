#include "runtime/compress/select/must_keep.hpp"
#include "tests/runtime/compress/select/documents.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace weft;
using weft::testing::document_builder;

namespace {

constexpr std::array<keep_kind, 0> no_kinds{};

} // namespace

TEST_CASE("what a unit is kept for") {
  struct row {
    std::string_view unit;
    bool number;
    bool name;
    bool code;
  };
  for (const auto& [unit, number, name, code] : std::initializer_list<row>{
           {"Nothing of the kind is here.", false, false, false},
           {"", false, false, false},
           {"The code is 48213.", true, false, false},
           {"It opened in B7.", true, false, false},
           {"It was Helena who came.", false, true, false},
           {"Helena came.", false, false, false}, // begins the sentence: may be any word
           {"He said: \"Nobody came.\"", false, false, false},
           {"The NASA report.", false, true, false},
           {"Then I went home.", false, false, false},
           {"Und Übel ist Zürich.", false, true, false},
           {"Set max_items to any value.", false, false, true},
           {"Call getValue first.", false, false, true},
           {"It is std::move that does it.", false, false, true},
           {"Run `ls` there.", false, false, true},
           {"A single ` is nothing.", false, false, false},
           {"Nor is ``.", false, false, false},
           {"But ``this`` is.", false, false, true},
           {"Then flush() is due.", false, false, true},
           {"All file(s) of it.", false, false, false},
       }) {
    CAPTURE(unit);
    CHECK(has_number(unit) == number);
    CHECK(has_name(unit) == name);
    CHECK(has_code(unit) == code);
  }
}

TEST_CASE("rules mark the units in which one of them holds") {
  document_builder builder;
  builder.sentence("Nothing here.")
      .sentence("The code is 48213.")
      .sentence("It was Helena.")
      .line("x", unit_kind::code_line);
  builder.sentence("The depot is closed.");
  struct row {
    std::vector<keep_kind> kinds;
    std::vector<std::string> patterns;
    std::vector<uint8_t> want;
  };
  for (const auto& [kinds, patterns, want] : std::initializer_list<row>{
           {{}, {}, {0, 0, 0, 0, 0}},
           {{keep_kind::numbers}, {}, {0, 1, 0, 0, 0}},
           {{keep_kind::names}, {}, {0, 0, 1, 0, 0}},
           {{keep_kind::code}, {}, {0, 0, 0, 1, 0}},
           {{keep_kind::numbers, keep_kind::names}, {"(?i)DEPOT"}, {0, 1, 1, 0, 1}},
           {{}, {"^Nothing", "\\d{5}\\.$"}, {1, 1, 0, 0, 0}},
           {{}, {"here. The"}, {0, 0, 0, 0, 0}}, // a unit is matched alone
       }) {
    const auto rules = must_keep::compile(kinds, patterns, 1'000);
    REQUIRE(rules);
    CHECK(rules->required(builder.made()) == want);
    CHECK(rules->empty() == (kinds.empty() && patterns.empty()));
  }
}

TEST_CASE("a pattern that cannot be is named with the reason") {
  for (const std::string pattern :
       {"(unclosed", "a**", "[z-a]", "(?=ahead)", "\\1", "x{1001}", "((((x{100}){100}){100}){100})"}) {
    CAPTURE(pattern);
    const auto rules = must_keep::compile(no_kinds, std::vector<std::string>{"fine", pattern}, 1'000);
    REQUIRE_FALSE(rules);
    CHECK(rules.error().code == errc::invalid_argument);
    CHECK(rules.error().message.find("'" + pattern + "'") != std::string::npos);
    CHECK(rules.error().message.size() > pattern.size() + 50);
  }
}

TEST_CASE("a pattern is as large as the text allows") {
  const std::vector<std::string> patterns{"\\pL{100}"}; // thousands of instructions
  CHECK(must_keep::compile(no_kinds, patterns, 10'000));
  const auto rules = must_keep::compile(no_kinds, patterns, 16 << 20);
  REQUIRE_FALSE(rules);
  CHECK(rules.error().code == errc::invalid_argument);
  CHECK(must_keep::compile(no_kinds, std::vector<std::string>{"(?i)\\berror [0-9]{3,5}\\b"}, 16 << 20));
}

TEST_CASE("patterns that stall other engines take linear time, on one unit of a million bytes") {
  document_builder builder;
  builder.sentence(std::string(1 << 20, 'a') + "!");
  for (const char* pattern : {"(a+)+$", "(a|aa)+$", "(.*a){12}$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(x+x+)+y"}) {
    CAPTURE(pattern);
    const auto rules = must_keep::compile(no_kinds, std::vector<std::string>{pattern}, 1 << 20);
    REQUIRE(rules);
    CHECK(rules->required(builder.made()) == std::vector<uint8_t>{0});
  }
}
