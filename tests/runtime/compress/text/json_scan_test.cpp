#include "runtime/compress/text/json_scan.hpp"

#include <doctest/doctest.h>

#include <string>
#include <tuple>

using namespace weft;

TEST_CASE("a JSON value is read to its end, and a broken one to the byte that does not fit") {
  using row = std::tuple<std::string_view, bool, size_t>;
  for (const auto& [text, valid, end] : {
           row{"{}", true, 2},
           row{"[]", true, 2},
           row{" [1, 2] x", true, 7},
           row{R"({"a": [1, {"b": null}], "c": "d\"\u00e9"})", true, 41},
           row{"-1.5e+10,", true, 8},
           row{"true", true, 4},
           row{"", false, 0},
           row{"[1, 2", false, 5},
           row{"[1 2]", false, 3},
           row{"[1,]", false, 3},
           row{R"({"a" 1})", false, 5},
           row{R"({a: 1})", false, 1},
           row{R"({"a": 01})", false, 8},
           row{R"(["a)", false, 3},
           row{"[\"a\nb\"]", false, 3},
           row{R"(["\x"])", false, 3},
           row{R"(["\u12g4"])", false, 6},
           row{"[1}", false, 2},
           row{"nul", false, 0},
       }) {
    CAPTURE(text);
    const auto scan = scan_json(text, 0, text.size());
    CHECK(scan.valid == valid);
    CHECK(scan.end == end);
  }
}

TEST_CASE("nesting beyond the limit is no JSON, up to it it is") {
  for (const size_t depth : {json_depth_max, json_depth_max + 1}) {
    const auto text = std::string(depth, '[') + std::string(depth, ']');
    CHECK(scan_json(text, 0, text.size()).valid == (depth <= json_depth_max));
  }
}

TEST_CASE("skipping a valid value ends where reading it does") {
  for (const std::string_view text :
       {R"({"a": [1, "}]\""]}, 2)", R"("x\\" , 1)", "12]", "true}", "[[],{}] ,", "-3.5e2\n"}) {
    CAPTURE(text);
    CHECK(skip_json(text, 0) == scan_json(text, 0, text.size()).end);
  }
}
