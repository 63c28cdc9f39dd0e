#include "runtime/compress/text/sentences.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace weft;

namespace {

std::vector<std::string> sentences_of(std::string_view text) {
  unit_writer writer{text};
  add_sentences(writer, 0, 0, text.size(), unit_kind::sentence);
  std::vector<std::string> sentences;
  for (const auto& unit : writer.units())
    sentences.emplace_back(text.substr(unit.begin, unit.end - unit.begin));
  return sentences;
}

// The expected sentences stand between bars.
struct split_case {
  std::string_view text;
  std::string_view want;
};

void check_splits(const std::vector<split_case>& cases) {
  for (const auto& [text, want] : cases) {
    CAPTURE(text);
    std::string got;
    for (const auto& sentence : sentences_of(text))
      got += (got.empty() ? "" : "|") + sentence;
    CHECK(got == want);
  }
}

} // namespace

TEST_CASE("a stop ends a sentence, and a newline does not") {
  check_splits({
      {"", ""},
      {" \n ", ""},
      {"One", "One"},
      {"One. Two.", "One.|Two."},
      {"One.  Two.\nThree\nfour.", "One.|Two.|Three\nfour."},
      {"Is it? It is! Good.", "Is it?|It is!|Good."},
      {"Really?! Yes. No!!! Well...", "Really?!|Yes.|No!!!|Well..."},
      {"It stops.It goes on", "It stops.It goes on"},
      {"one. two goes on", "one. two goes on"},
  });
}

TEST_CASE("abbreviations, initials and titles end nothing") {
  check_splits({
      {"Mr. Smith met Dr. Jones. They spoke.", "Mr. Smith met Dr. Jones.|They spoke."},
      {"J. R. R. Tolkien wrote it. C. S. Lewis read it.", "J. R. R. Tolkien wrote it.|C. S. Lewis read it."},
      {"Use a tool, e.g. Make. Or i.e. Ninja.", "Use a tool, e.g. Make.|Or i.e. Ninja."},
      {"The U.S. Army moved. It won.", "The U.S. Army moved.|It won."},
      {"She lives in the U.S. The house is old.", "She lives in the U.S.|The house is old."},
      {"See Fig. 3 and Sec. 2. Then eq. (4).", "See Fig. 3 and Sec. 2.|Then eq. (4)."},
      {"No. 5 is left. He said no. That was all.", "No. 5 is left.|He said no.|That was all."},
      {"Smith et al. (2019) found it. So did Lee et al. The rest failed.",
       "Smith et al. (2019) found it.|So did Lee et al.|The rest failed."},
      {"Apples, pears, etc. are fruit. We sell plums etc. You know that.",
       "Apples, pears, etc. are fruit.|We sell plums etc.|You know that."},
      {"It opened on Jan. 5 at 9 a.m. sharp. It closed in Feb. Nobody came.",
       "It opened on Jan. 5 at 9 a.m. sharp.|It closed in Feb.|Nobody came."},
      {"Acme Inc. Tuesday news. Acme Inc. The firm grew.", "Acme Inc. Tuesday news.|Acme Inc.|The firm grew."},
      {"So do I. We all do.", "So do I.|We all do."},
  });
}

TEST_CASE("decimals, versions and addresses end nothing") {
  check_splits({
      {"It costs 3.14 or $2.50. Cheap.", "It costs 3.14 or $2.50.|Cheap."},
      {"Version 1.2.3 works. Version 2.0 fails.", "Version 1.2.3 works.|Version 2.0 fails."},
      {"See https://example.org/a.b?c=d. It helps.", "See https://example.org/a.b?c=d.|It helps."},
      {"Open main.cpp. Edit it.", "Open main.cpp.|Edit it."},
      {"It began in 1999. Then came 12. After that 13.", "It began in 1999.|Then came 12.|After that 13."},
      {"1. First point. 2. Second point.", "1. First point.|2. Second point."},
  });
}

TEST_CASE("quotes and brackets close with the sentence, and what is said goes on") {
  check_splits({
      {"\"Stop.\" He stopped.", "\"Stop.\"|He stopped."},
      {"\"Why?\" he asked. \"Because!\" she said.", "\"Why?\" he asked.|\"Because!\" she said."},
      {"(It was late.) He left.", "(It was late.)|He left."},
      {"\u201CNo.\u201D She left. \u00ABOui.\u00BB Il part.", "\u201CNo.\u201D|She left.|\u00ABOui.\u00BB|Il part."},
      {"\u201CWhy?\u201D \u2014 he asked. End.", "\u201CWhy?\u201D \u2014 he asked.|End."},
      {"It was... strange. It was... He left.", "It was... strange.|It was...|He left."},
      {"It was late\u2026 He left. And . . . so on.", "It was late\u2026|He left.|And . . . so on."},
      {"**Bold.** Next *one.* End.", "**Bold.**|Next *one.*|End."},
  });
}

TEST_CASE("German ordinals and abbreviations end nothing") {
  check_splits({
      {"Es war am 3. Oktober in Berlin. Das war gut.", "Es war am 3. Oktober in Berlin.|Das war gut."},
      {"Im 19. Jahrhundert, d.h. fr\u00FCh. Ende.", "Im 19. Jahrhundert, d.h. fr\u00FCh.|Ende."},
      {"Das kostet z. B. ca. 3 Mio. Euro. Teuer.", "Das kostet z. B. ca. 3 Mio. Euro.|Teuer."},
      {"Prof. Dr. M\u00FCller kam usw. Die Sache war klar.", "Prof. Dr. M\u00FCller kam usw.|Die Sache war klar."},
      {"\u201EHalt.\u201C Er blieb stehen.", "\u201EHalt.\u201C|Er blieb stehen."},
  });
}

TEST_CASE("Chinese, Japanese, Hindi and Arabic stops end sentences, with or without a space") {
  check_splits({
      {"我们去了北京。你好吗？很好！", "我们去了北京。|你好吗？|很好！"},
      {"他说：“走吧。”我们走了。", "他说：“走吧。”|我们走了。"},
      {"很好；不错……走了。", "很好；|不错……|走了。"},
      {"彼は「大きい。」と言った。終わり。", "彼は「大きい。」と言った。|終わり。"},
      {"真的吗?是的.", "真的吗?|是的."},
      {"यह है। वह था।", "यह है।|वह था।"},
      {"هل هذا؟ نعم.", "هل هذا؟|نعم."},
      {"Он пришёл. Она ушла. т. е. так.", "Он пришёл.|Она ушла. т. е. так."},
  });
}

TEST_CASE("a sentence without an end is cut where it pauses, and never beyond a mebibyte") {
  std::string clauses;
  while (clauses.size() < 10'000)
    clauses += "a clause that says something about nothing; ";
  const auto pieces = sentences_of(clauses);
  CHECK(pieces.size() >= 5);
  for (const auto& piece : pieces) {
    CHECK(piece.size() <= sentence_bytes_max);
    CHECK(piece.back() == ';');
  }

  std::string words;
  while (words.size() < 10'000)
    words += "word ";
  for (const auto& piece : sentences_of(words)) {
    CHECK(piece.size() <= sentence_bytes_max);
    CHECK(piece.substr(piece.size() - 4) == "word");
  }

  std::string solid;
  while (solid.size() < 5'000'000)
    solid += "\u00E9\u20AC"; // characters of two and three bytes
  size_t bytes = 0;
  for (const auto& piece : sentences_of(solid)) {
    CHECK(piece.size() <= unit_bytes_max);
    CHECK(valid_utf8_bytes(piece) == piece.size());
    bytes += piece.size();
  }
  CHECK(bytes == solid.size());
}
