#include "tools/weft/compress_words.hpp"

#include <doctest/doctest.h>

using namespace weft::cli;
namespace v1 = weft::v1;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("scores are said in words") {
  for (auto [coverage, fidelity, one, other] :
       {std::tuple{0.95, 0.99, "0.95  nearly every sentence", "0.99  as a whole it is about the same"},
        {0.7951, 0.946, "0.80  nearly every sentence", "0.95  as a whole it is about the same"},
        {0.7, 0.9, "0.70  most of what it says", "0.90  as a whole it leans"},
        {0.5, 0.85, "0.50  its subjects are there", "0.85  as a whole it leans"},
        {0.1, 0.2, "0.10  much is lost: ask for a smaller ratio", "0.20  as a whole it is about something else"}}) {
    CAPTURE(coverage);
    v1::Compressed x;
    x.mutable_report()->set_coverage(coverage);
    x.mutable_report()->set_fidelity(fidelity);
    const auto text = explanation(x, false);
    CHECK_MESSAGE(has(text, one), text);
    CHECK_MESSAGE(has(text, other), text);
  }
}

TEST_CASE("logs tell of their templates and exceptions, a cached reply that its times are older") {
  v1::Compressed x;
  auto& report = *x.mutable_report();
  report.set_content(v1::CONTENT_KIND_LOG);
  report.set_strategy(v1::COMPRESS_STRATEGY_TEMPLATE);
  report.set_templates(14);
  report.set_templates_kept(12);
  report.set_exceptions(3);
  report.set_exceptions_kept(3);
  x.set_source(v1::SOURCE_MEMORY);
  const auto text = explanation(x, false);
  for (const char* part : {"templates  12 of 14\n", "exceptions 3 of 3\n", "this reply was found (memory)"})
    CHECK_MESSAGE(has(text, part), text);
}

TEST_CASE("the commonest forms of a log are shown with their counts, at most five, the commonest first") {
  v1::Compressed x;
  x.mutable_report()->set_templates(9);
  x.mutable_report()->set_templates_kept(9);
  uint64_t at = 0;
  const auto add = [&](const std::string& line, uint32_t count, const std::string& joint = "\n") {
    x.set_text(x.text().empty() ? line : x.text() + joint + line);
    auto& place = *x.add_kept();
    place.set_begin(at);
    place.set_end(at += line.size());
    at += 1'000;
    x.add_stands_for(count);
  };
  add("ERROR disk 7 failed", 1);
  add("INFO request 7 served", 812);
  add("DEBUG\tpool\x1b[2J has 3", 12'004, "\n\n");
  for (int i = 0; i < 4; ++i)
    add("form " + std::to_string(i), 20);
  add(std::string(200, 'y'), 21);
  const auto text = explanation(x, false);
  CHECK_MESSAGE(has(text, "  templates  9 of 9\n"
                          "             12 004 × DEBUG pool [2J has 3\n"
                          "                812 × INFO request 7 served\n"
                          "                 21 × " +
                              std::string(89, 'y') +
                              "…\n"
                              "                 20 × form 0\n"
                              "                 20 × form 1\n"),
                text);
  CHECK_FALSE(has(text, "form 2"));
  CHECK_FALSE(has(text, "ERROR"));
  SUBCASE("without the extract their places are") {
    x.clear_text();
  }
  SUBCASE("with another text than the places have, too") {
    x.set_text(x.text() + " more");
  }
  const auto places = explanation(x, false);
  CHECK_MESSAGE(has(places, " 812 × bytes 1 019 to 1 040\n"), places);
}

TEST_CASE("places and counts that cannot be harm nothing") {
  v1::Compressed x;
  x.set_text("one line");
  x.add_stands_for(5);
  CHECK_FALSE(has(explanation(x, false), "5 ×"));
  auto& place = *x.add_kept();
  for (const auto& [begin, end] : {std::pair<uint64_t, uint64_t>{9, 2}, {0, ~uint64_t{0}}, {~uint64_t{0}, 3}}) {
    place.set_begin(begin);
    place.set_end(end);
    CHECK(has(explanation(x, false), "5 × bytes "));
  }
}

TEST_CASE("a node's words cannot move the cursor, and an empty report is readable") {
  v1::Compressed x;
  CHECK(has(explanation(x, false), "kept       0 of 0 units"));
  CHECK(report_line(x) == "0 → 0 WordPiece tokens (0×), unknown, unknown, 0 of 0 units");
  x.mutable_report()->set_why_content("a\x1b[2Jb");
  x.mutable_report()->set_policy_version("1\r2");
  CHECK_FALSE(has(explanation(x, false), "\x1b"));
  CHECK_FALSE(has(explanation(x, false), "\r"));
}
