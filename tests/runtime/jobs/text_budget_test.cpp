#include "runtime/base/random_source.hpp"
#include "runtime/base/shorten.hpp"
#include "runtime/jobs/text_budget.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>
#include <vector>

using namespace weft;

TEST_CASE("texts that have room stay whole, but for those of which only a beginning was asked for") {
  text_budget budget{1'000};
  budget.add(1, std::string(600, 'a'), SIZE_MAX);
  budget.add(2, std::string(600, 'b'), 100);
  budget.add(3, "", SIZE_MAX);
  budget.add(4, std::string(100, 'd'), 100);
  const auto texts = budget.take();
  CHECK(texts.at(1) == std::string(600, 'a'));
  CHECK(texts.at(2) == std::string(100, 'b') + std::string{cut_mark});
  CHECK(texts.at(3).empty());
  CHECK(texts.at(4) == std::string(100, 'd'));
}

TEST_CASE("where texts are more than has room the longest are cut to one length, short ones are not") {
  text_budget budget{1'000};
  budget.add(1, std::string(5'000, 'a'), SIZE_MAX);
  budget.add(2, std::string(100, 'b'), SIZE_MAX);
  budget.add(3, std::string(700, 'c'), SIZE_MAX);
  const auto texts = budget.take();
  CHECK(texts.at(1) == std::string(450, 'a') + std::string{cut_mark});
  CHECK(texts.at(2) == std::string(100, 'b'));
  CHECK(texts.at(3) == std::string(450, 'c') + std::string{cut_mark});
}

TEST_CASE("a text is cut between two characters") {
  text_budget budget{1'000};
  std::string text = "x";
  for (int i = 0; i < 200; ++i)
    text += "\u00e4"; // two bytes
  budget.add(1, text, 100);
  CHECK(budget.take().at(1) == text.substr(0, 99) + std::string{cut_mark});
  CHECK(shortened(text, 100) == text.substr(0, 99) + std::string{cut_mark});
  CHECK(shortened(shortened(text, 100), 100) == shortened(text, 100));
  CHECK(shortened("short", 100) == "short");
}

TEST_CASE("what is cut does not depend on the order in which texts come, nor does their number have to fit") {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    random_source draw{seed};
    std::vector<std::pair<uint64_t, std::string>> texts;
    for (uint64_t item = 0; item < 300; ++item) {
      std::string text(draw.below(draw.chance(0.1) ? 3'000 : 60), 'x');
      for (uint32_t i = draw.below(20); i > 0; --i)
        text += "\u2192"; // three bytes
      texts.emplace_back(item, std::move(text));
    }
    const uint64_t room = 200 + draw.below(20'000);
    const auto given = [&] {
      text_budget budget{room};
      for (const auto& [item, text] : texts)
        budget.add(item, text, item % 3 == 0 ? 40 : SIZE_MAX);
      return budget.take();
    };
    const auto once = given();
    for (size_t i = texts.size(); i > 1; --i)
      std::swap(texts[i - 1], texts[draw.below(static_cast<uint32_t>(i))]);
    CHECK(given() == once);
    uint64_t bytes = 0;
    for (const auto& [item, text] : once)
      bytes += text.size() - (text.ends_with(cut_mark) ? cut_mark.size() : 0);
    CHECK(once.size() == 300);
    CHECK(bytes <= room);
  }
}
