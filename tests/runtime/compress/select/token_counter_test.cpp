#include "runtime/compress/select/extract.hpp"
#include "runtime/compress/select/token_counter.hpp"
#include "tests/runtime/compress/select/documents.hpp"

#include <doctest/doctest.h>

using namespace weft;
using weft::testing::dice;
using weft::testing::document_builder;
using weft::testing::random_document;

TEST_CASE("the estimate follows the pieces of byte-pair tokenizers") {
  for (const auto& [text, want] : std::initializer_list<std::pair<std::string_view, uint64_t>>{
           {"", 0},
           {"word", 1},
           {"two words", 2},
           {"a sentence, with marks.", 6},
           {"extraordinarily", 2}, // 15 letters
           {"getValue", 2},        // humps
           {"HTTPServer", 2},      // HTTP, Server
           {"NATO", 1},
           {"48213", 2}, // 3 digits a token
           {"1234567", 3},
           {"don't", 2},
           {"------------------------", 2},
           {"x = f(y);", 6}, // x, =, f, (, y, );
           {"one.\ntwo", 3}, // the line end belongs to the full stop
           {"one\ntwo", 3},
           {"a:\n    b", 4}, // indentation is one
           {"a  b", 3},
           {"北の倉庫", 4},
           {"Привет", 3}, // 18 eighths
           {"\xF0\x9F\x98\x80", 2},
           {"\xFF\xFE", 4}, // no UTF-8: never fails
       }) {
    CAPTURE(text);
    CHECK(count_llm_estimate(text) == want);
  }
}

TEST_CASE("joints are exact: units and joints add up to the count of the whole") {
  for (const auto kind : {counter_kind::bytes, counter_kind::llm_estimate}) {
    const auto count = make_counter(kind, {});
    for (uint64_t seed = 1; seed <= 40; ++seed) {
      CAPTURE(seed);
      CAPTURE(to_string(kind));
      dice roll{seed};
      document_builder builder;
      random_document(roll, builder, 80);
      auto& source = builder.made();
      count_units(source, count);
      std::vector<uint32_t> kept;
      uint64_t sum = 0;
      for (uint32_t i = 0; i < source.units.size(); ++i) {
        if (roll.below(3) == 0)
          continue;
        sum += source.tokens[i];
        if (!kept.empty())
          sum += count_joint(kind, count, source.of(kept.back()), joint_between(source, kept.back(), i), source.of(i));
        kept.push_back(i);
      }
      CHECK(sum == count(join_units(source, kept)));
    }
  }
}

TEST_CASE("white space between units is no WordPiece token, a comma between records is one") {
  uint64_t asked = 0;
  const auto count = make_counter(counter_kind::wordpiece, [&](std::string_view text) -> uint64_t {
    ++asked;
    return text.find(',') != std::string_view::npos ? 1 : 0;
  });
  CHECK(count_joint(counter_kind::wordpiece, count, "a", "\n\n", "b") == 0);
  CHECK(asked == 0);
  CHECK(count_joint(counter_kind::wordpiece, count, "{}", ",\n ", "{}") == 1);
}
