#include "runtime/compress/select/extract.hpp"
#include "tests/runtime/compress/select/documents.hpp"

#include <doctest/doctest.h>

using namespace weft;
using weft::testing::document_builder;

TEST_CASE("neighbours keep the source's bytes, others get what their kinds need") {
  struct row {
    const char* what;
    unit_kind left;
    unit_kind right;
    std::string_view gap; ///< before the right one
    bool new_paragraph;
    std::string_view want;
  };
  using enum unit_kind;
  for (const auto& [what, left, right, gap, new_paragraph, want] : std::initializer_list<row>{
           {"sentences of a paragraph", sentence, sentence, "\n", false, "Left. Right."},
           {"sentences of two", sentence, sentence, "\n\n\n", true, "Left.\n\nRight."},
           {"a heading and a sentence", heading, sentence, "\n", true, "Left.\n\nRight."},
           {"log lines", log_line, log_line, "\r\n", false, "Left.\nRight."},
           {"rows of two paragraphs", table_row, table_row, "\n\n", true, "Left.\nRight."},
           {"records", record, record, ",\n  ", false, "Left.\nRight."},
           {"code with its indentation", code_line, code_line, "\n\n\t  ", true, "Left.\n\t  Right."},
           {"a list after its sentence", sentence, list_item, "\n  ", false, "Left.\n  Right."},
           {"a list item that follows in the line", list_item, list_item, " ", false, "Left.\nRight."},
       }) {
    CAPTURE(what);
    document_builder builder;
    builder.add("Left.", left, "").add("Middle.", left, " \n ").add("Right.", right, gap, new_paragraph);
    auto& source = builder.made();
    if (!new_paragraph)
      source.units[2].paragraph = source.units[0].paragraph;
    CHECK(join_units(source, std::vector<uint32_t>{0, 2}) == want);
    CHECK(join_units(source, std::vector<uint32_t>{0, 1}) == "Left. \n Middle.");
    CHECK(join_units(source, std::vector<uint32_t>{1, 2}) == "Middle." + std::string(gap) + "Right.");
    CHECK(join_units(source, std::vector<uint32_t>{0, 1, 2}) == source.text);
    CHECK(join_units(source, std::vector<uint32_t>{}).empty());
  }
}

TEST_CASE("CJK sentences are joined without a space, others of them with one") {
  for (const auto& [left, right, want] : std::initializer_list<std::array<std::string_view, 3>>{
           {"倉庫は北。", "番号は五。", "倉庫は北。番号は五。"},
           {"倉庫は北。", "Then English.", "倉庫は北。 Then English."},
           {"Erst Deutsch.", "番号は五。", "Erst Deutsch. 番号は五。"},
           {"창고는 북쪽", "번호는", "창고는 북쪽 번호는"},
       }) {
    document_builder builder;
    builder.sentence(left).sentence("x.").sentence(right);
    CHECK(join_units(builder.made(), std::vector<uint32_t>{0, 2}) == want);
  }
}
