#include "tools/weft/result_names.hpp"

#include <doctest/doctest.h>

using namespace weft::cli;
namespace v1 = weft::v1;

TEST_CASE("every word of an option names one value of the API, and back") {
  const auto round = [](const auto& words, const auto& parse, int values) {
    CHECK(static_cast<int>(words.size()) == values - 1); // without the unspecified one
    for (const auto& word : words) {
      CAPTURE(word);
      const auto value = parse(word);
      REQUIRE(value);
      CHECK(name_of(*value) == word);
    }
    CHECK_FALSE(parse("nothing"));
  };
  round(encoding_words(), parse_encoding, v1::VectorEncoding_ARRAYSIZE);
  round(strategy_words(), parse_strategy, v1::CompressStrategy_ARRAYSIZE);
  round(counter_words(), parse_counter, v1::TokenCounter_ARRAYSIZE);
  round(keep_words(), parse_keep, v1::KeepKind_ARRAYSIZE);
}

TEST_CASE("what is unset or of a later version has a word, too") {
  CHECK(name_of(v1::SOURCE_UNSPECIFIED) == "unknown");
  CHECK(name_of(static_cast<v1::ContentKind>(77)) == "other");
  for (int i = 1; i < v1::ContentKind_ARRAYSIZE; ++i)
    CHECK(name_of(static_cast<v1::ContentKind>(i)) != "other");
  for (int i = 1; i < v1::Source_ARRAYSIZE; ++i)
    CHECK(name_of(static_cast<v1::Source>(i)) != "other");
}
