#include "node/grpc/byte_budget.hpp"
#include "node/grpc/convert_compress.hpp"
#include "node/grpc/reply_room.hpp"
#include "runtime/compress/text/split.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>

using namespace weft;

namespace {

std::string times(size_t count, const std::string& what) {
  std::string out;
  for (size_t i = 0; i < count; ++i)
    out += what;
  return out;
}

const std::string prose = times(
    800, "The pump stopped at 3.14 bar, Mr. Smith said. Why did it stop? Nobody knew it yet; \"wait!\" was all.\n");

struct sample {
  const char* name;
  std::string text;
};

const std::vector<sample> samples{
    {"lines of 2 bytes", times(30'000, "a\n")},
    {"marks of 2 bytes", times(30'000, "! ")},
    {"prose", prose},
    {"one sentence without an end", times(50'000, "word ")},
    {"one word", std::string(3'000'000, 'x')},
    {"Chinese", times(20'000, "\u6587\u3002")},
    {"Chinese with ASCII marks", times(20'000, "\u6587!")},
    {"Hindi", times(9'000, "\u0915\u0964 ")},
    {"JSON of small strings", "[" + times(20'000, "\"\",") + "\"\"]"},
    {"JSON of strings and numbers", "[" + times(20'000, "1,\"\",") + "1]"},
    {"JSON of objects", "{\"a\":[" + times(20'000, "{},") + "{}],\"b\":[" + times(2'000, "[1,2],") + "3]}"},
    {"JSON behind words", "Words.\n\n [" + times(20'000, "\"\",") + "\"\"]\n\nWords.\n"},
    {"CSV", "a,b,c\n" + times(20'000, "1,2,3\n")},
    {"code", times(9'000, "x = f(a, b); }\n")},
    {"log", times(9'000, "2026-11-22 10:00:00,123 INFO it works. It does.\n")},
};

compress_wish wish_of(bool extract, uint32_t mega_tokens, vector_encoding encoding) {
  compress_wish out;
  out.wanted.extract = extract;
  out.wanted.mega_tokens = mega_tokens;
  out.encoding = encoding;
  return out;
}

/// Nearly all units kept, and of mega-tokens the places of all.
embed_result answer_of(const document& source, const compress_wish& wish, uint32_t dimensions) {
  compress_output out;
  for (size_t i = 1; i < source.units.size(); ++i)
    out.kept.push_back({source.units[i].begin, source.units[i].end});
  if (wish.wanted.extract)
    out.extract = source.text;
  out.stands_for.assign(out.kept.size(), 1);
  if (!out.kept.empty())
    out.stands_for.front() = 2;
  const size_t vectors = std::min<size_t>(wish.wanted.mega_tokens, source.units.size());
  for (size_t i = 0; i < vectors; ++i)
    out.mega_tokens.push_back({std::vector<float>(dimensions, 0.5F), 1.0 / static_cast<double>(vectors), {}});
  for (size_t i = 0; vectors > 0 && i < source.units.size(); ++i) {
    auto& one = out.mega_tokens[i * vectors / source.units.size()];
    one.spans.push_back({source.units[i].begin, source.units[i].end});
  }
  out.report.strategy = compress_strategy::templates;
  out.report.why_content = out.report.why_strategy = std::string(300, 'w');
  embedding item;
  item.document = std::make_shared<const std::string>(encode(out));
  embed_result result;
  result.model = "a-model";
  result.model_version = "0123456789ab";
  result.items.push_back(std::move(item));
  return result;
}

uint64_t reply_of(const sample& from, const compress_wish& wish, uint32_t dimensions) {
  const auto split = split_text(from.text);
  REQUIRE(split);
  compress_message message;
  message.wish = wish;
  std::vector<result<embed_result>> outcomes;
  outcomes.emplace_back(answer_of(*split, wish, dimensions));
  const auto all = sum_of(message, outcomes);
  return write_compress_reply(message, std::move(outcomes), all, std::chrono::seconds(1)).Length();
}

} // namespace

TEST_CASE("a text never has more units than its bytes let expect") {
  for (const auto& [name, text] : samples) {
    CAPTURE(name);
    const auto split = split_text(text);
    REQUIRE(split);
    CHECK(split->units.size() <= units_at_most(text));
  }
  CHECK(units_at_most("") == 0);
}

TEST_CASE("also not where marks, brackets and lines come in any order") {
  constexpr auto pieces = std::to_array<std::string_view>(
      {"a",         "B",      "1",         " ",      "\n",     "\n\n",    ".",
       "!",         "?",      "\"",        "'",      ")",      "(",       "[",
       "]",         "{",      "}",         ",",      ":",      ";",       "-",
       "|",         "#",      "```\n",     "\t",     "\r\n",   "\u3002",  "\uFF01",
       "\u6587",    "\u2026", "\u061F",    "\u0964", "\u201D", "\u00A0",  "[\"a\",\"b\"]",
       "{\"a\":1}", "The ",   "10:00:00 ", "- ",     "1. ",    "=====\n", "* "});
  std::mt19937 random{7};
  for (int round = 0; round < 3'000; ++round) {
    // Few kinds of pieces a text, so that each kind comes to rule some.
    std::array<std::string_view, 4> some{};
    for (auto& one : some)
      one = pieces[random() % pieces.size()];
    std::string text;
    for (size_t i = random() % 400; i > 0; --i)
      text += random() % 8 == 0 ? pieces[random() % pieces.size()] : some[random() % some.size()];
    if (round % 3 == 0)
      text =
          "[\"" + std::string(2'000, 'x') + "\"," + times(random() % 50, "\"\",[],1,{\"k\":\"v\"},") + "0]\n\n" + text;
    const auto split = split_text(text);
    REQUIRE(split);
    CHECK_MESSAGE(split->units.size() <= units_at_most(text), text);
  }
}

TEST_CASE("no reply has more than was set aside for it") {
  for (const auto& from : samples)
    for (const uint32_t mega_tokens : {0U, 64U, 1'024U})
      for (const auto encoding :
           {vector_encoding::float32, vector_encoding::float16, vector_encoding::int8, vector_encoding::binary})
        for (const bool extract : {true, false}) {
          CAPTURE(from.name);
          CAPTURE(mega_tokens);
          CAPTURE(extract);
          if (mega_tokens == 0 && encoding != vector_encoding::float32)
            continue;
          const auto wish = wish_of(extract, mega_tokens, encoding);
          const reply_room room(wish, 384);
          CHECK(reply_of(from, wish, 384) <= room.of(from.text) + 2 * item_bytes);
        }
}

TEST_CASE("prose and tables do not hold much more than they may have") {
  const reply_room room({}, 384);
  CHECK(room.of(prose) < prose.size() * 7 / 4);
  const std::string rows = times(20'000, "12:30,a cell,17.5,another cell\n");
  CHECK(room.of(rows) < rows.size() * 3 / 2);
}

TEST_CASE("what a reply may have ends where the reply is cut") {
  reply_room room({}, 384);
  CHECK(room.add(compress_reply_bytes_max - 10) == compress_reply_bytes_max - 10);
  CHECK(room.add(7) == 7);
  CHECK(room.add(7) == 3);
  CHECK(room.add(compress_reply_bytes_max) == 0);
}
