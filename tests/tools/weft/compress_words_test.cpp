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

TEST_CASE("a node's words cannot move the cursor, and an empty report is readable") {
  v1::Compressed x;
  CHECK(has(explanation(x, false), "kept       0 of 0 units"));
  CHECK(report_line(x) == "0 → 0 WordPiece tokens (0×), unknown, unknown, 0 of 0 units");
  x.mutable_report()->set_why_content("a\x1b[2Jb");
  x.mutable_report()->set_policy_version("1\r2");
  CHECK_FALSE(has(explanation(x, false), "\x1b"));
  CHECK_FALSE(has(explanation(x, false), "\r"));
}
