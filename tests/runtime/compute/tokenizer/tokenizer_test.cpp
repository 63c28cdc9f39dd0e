#include "runtime/compute/tokenizer/tokenizer.hpp"
#include "tests/runtime/compute/tokenizer/model_vocabulary.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using ids = std::vector<int32_t>;

const weft::tokenizer& model() {
  static const weft::tokenizer t = weft::test::model_tokenizer(256);
  return t;
}

ids encode(std::string_view text) {
  auto got = model().encode(text, {});
  REQUIRE(got);
  return got->ids;
}

} // namespace

TEST_CASE("known sentences have known ids") {
  const std::pair<std::string_view, ids> cases[] = {
      {"This is an example sentence", {101, 2023, 2003, 2019, 2742, 6251, 102}},
      {"", {101, 102}},
      {" \t\n", {101, 102}},
      {"caf\u00E9 na\u00EFve", {101, 7668, 15743, 102}},
      {"unaffable", {101, 14477, 20961, 3468, 102}},
      {"[CLS] x[SEP]", {101, 101, 1060, 102, 102}},
      {"[cls]", {101, 1031, 18856, 2015, 1033, 102}},
  };
  for (const auto& [text, want] : cases) {
    CAPTURE(text);
    CHECK(encode(text) == want);
  }
}
