#include "runtime/compute/tokenizer/tokenizer.hpp"
#include "tests/runtime/compute/tokenizer/model_vocabulary.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using ids = std::vector<int32_t>;
using weft::embed_options;
using weft::truncation_side;

constexpr uint32_t tokens_max = 256;
constexpr int32_t begin = 101, end = 102, unknown = 100, letter_a = 1037, letter_b = 1038;

const weft::tokenizer& model() {
  static const weft::tokenizer t = weft::test::model_tokenizer(tokens_max);
  return t;
}

weft::token_sequence encode(std::string_view text, const embed_options& options = {}) {
  auto got = model().encode(text, options);
  REQUIRE(got);
  return *std::move(got);
}

std::string repeat(std::string_view unit, size_t count) {
  std::string text;
  text.reserve(unit.size() * count);
  while (count-- > 0)
    text += unit;
  return text;
}

constexpr embed_options from_left{.side = truncation_side::left};
constexpr embed_options refused{.truncate = false};

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
    CHECK(encode(text).ids == want);
    CHECK_FALSE(encode(text).truncated);
    CHECK(encode(text, from_left).ids == want);
    CHECK(encode(text, refused).ids == want);
  }
  CHECK(model().vocabulary_size() == 30522);
}

TEST_CASE("counting gives as many tokens as encoding, of a text of any length and without the specials") {
  for (const std::string_view text : {"", " \t\n", "This is an example sentence", "unaffable", "[CLS] x[SEP]",
                                      "caf\u00E9 na\u00EFve", "\u4F60\u597D\u3002", "x_y-z 3.14"}) {
    CAPTURE(text);
    CHECK(model().count(text) == encode(text).ids.size() - 2);
  }
  CHECK(model().count(repeat("unaffable ", 10'000)) == 30'000);
  CHECK(model().count(std::string(300, 'q')) == 1); // too long for a word
  CHECK(model().count("a b \xFF c d") == 3);        // the rest is one unknown word
}

TEST_CASE("a text of exactly the limit is whole, one token more is cut at the side that was asked for") {
  const auto full = repeat("a ", tokens_max - 2);
  for (const auto& options : {embed_options{}, from_left, refused}) {
    const auto got = encode(full, options);
    CHECK(got.ids.size() == tokens_max);
    CHECK_FALSE(got.truncated);
  }
  // Nothing but what gives no tokens follows.
  CHECK_FALSE(encode(full + repeat(" \u0301\n", 1000)).truncated);

  const auto cut_right = encode(full + "b");
  CHECK(cut_right.truncated);
  CHECK(cut_right.ids.size() == tokens_max);
  CHECK(cut_right.ids[tokens_max - 2] == letter_a);
  CHECK(cut_right.ids.back() == end);

  const auto cut_left = encode("b " + full, from_left);
  CHECK(cut_left.truncated);
  CHECK(cut_left.ids.size() == tokens_max);
  CHECK(cut_left.ids.front() == begin);
  CHECK(cut_left.ids[1] == letter_a);
  CHECK(encode(full + "b", from_left).ids[tokens_max - 2] == letter_b);
}

TEST_CASE("a text over the limit is refused where truncation is not wanted") {
  const auto got = model().encode(repeat("a ", tokens_max - 1), refused);
  REQUIRE_FALSE(got);
  CHECK(got.error().code == weft::errc::text_too_long);
  CHECK(got.error().message == "the text has more than 256 tokens");
  CHECK(got.error().metadata == decltype(got.error().metadata){{"limit", "256"}});
}

TEST_CASE("invalid UTF-8 is refused with its place, also behind the part that would be read") {
  for (const auto& options : {embed_options{}, from_left, refused})
    for (const size_t before : {size_t{0}, size_t{3}, size_t{5'000}}) {
      CAPTURE(before);
      const auto got = model().encode(repeat("a", before) + "\xC3(", options);
      REQUIRE_FALSE(got);
      CHECK(got.error().code == weft::errc::invalid_utf8);
      const auto byte = std::to_string(before);
      CHECK(got.error().message == "the text is not valid UTF-8 at byte " + byte);
      CHECK(got.error().metadata == decltype(got.error().metadata){{"byte", byte}});
    }
}

TEST_CASE("ten megabytes of anything are encoded, whichever end is kept") {
  constexpr size_t bytes = 10'000'000;
  struct row {
    std::string_view unit;
    bool one_word;
  };
  // Linear time is what lets this test end: each text is one that a quadratic step would choke on.
  for (const auto& [unit, one_word] :
       {row{"a", true}, row{"\u00E9", true}, row{"\U0001D165\u302E", true}, row{"a\u0301", true}, row{"a ", false},
        row{"[SEP]", false}, row{"!", false}, row{"\u4E2D", false}, row{"unaffable ", false}, row{"[", false}}) {
    CAPTURE(unit);
    const auto text = repeat(unit, bytes / unit.size());
    const auto right = encode(text);
    const auto left = encode(text, from_left);
    CHECK(right.ids.size() == left.ids.size());
    CHECK(right.ids.size() == (one_word ? 3 : tokens_max));
    CHECK(right.truncated == !one_word);
    if (one_word) {
      CHECK(right.ids == ids{begin, unknown, end});
      CHECK(left.ids == right.ids);
    }
  }
  for (const std::string_view nothing : {" ", "\u0301", "\uE000"})
    CHECK(encode(repeat(nothing, bytes / nothing.size()), from_left).ids == ids{begin, end});
  CHECK(encode(std::string(bytes, '\0')).ids == ids{begin, end});
  CHECK(encode("b " + repeat("a", bytes), from_left).ids == ids{begin, letter_b, unknown, end});
}

TEST_CASE("the smallest limit leaves the frame alone") {
  const auto t = weft::test::model_tokenizer(2);
  for (const auto& options : {embed_options{}, from_left}) {
    const auto got = t.encode("a b", options);
    REQUIRE(got);
    CHECK(got->ids == ids{begin, end});
    CHECK(got->truncated);
  }
  REQUIRE_FALSE(t.encode("a", refused));
  REQUIRE(t.encode(" ", refused));
}
