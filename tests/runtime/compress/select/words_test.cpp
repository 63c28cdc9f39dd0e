#include "runtime/compress/select/words.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace weft;

TEST_CASE("words are runs of letters, digits and '_', and CJK characters one by one") {
  for (const auto& [text, want] : std::initializer_list<std::pair<std::string_view, std::vector<std::string_view>>>{
           {"", {}},
           {"  one, two-three ", {"one", "two", "three"}},
           {"max_items=3.5", {"max_items", "3", "5"}},
           {"Größe “quoted”—dash", {"Größe", "quoted", "dash"}},
           {"北の x", {"北", "の", "x"}},
           {"a\xFFz", {"a", "z"}},
       }) {
    CAPTURE(text);
    std::vector<std::string_view> got;
    for_each_word(text, [&](const word_mark& word) { got.push_back(text.substr(word.begin, word.end - word.begin)); });
    CHECK(got == want);
  }
}

TEST_CASE("words that differ in ASCII case are one word, others are not") {
  word_table table;
  std::vector<uint32_t> numbers;
  for_each_word("Depot depot DEPOT depots größe Größe 12 12",
                [&](const word_mark& word) { numbers.push_back(table.insert(word.hash)); });
  CHECK(numbers == std::vector<uint32_t>{0, 0, 0, 1, 2, 2, 3, 3});
  CHECK(table.at(12345) == word_table::none);
}

TEST_CASE("a table has numbers for so many words, and knows them all after growing") {
  word_table table;
  for (uint64_t i = 0; i < word_table::words_max + 1'000; ++i)
    table.insert(mix_bits(i + 1));
  CHECK(table.size() == word_table::words_max);
  for (uint64_t i = 0; i < word_table::words_max; i += 997)
    CHECK(table.at(mix_bits(i + 1)) == i);
  CHECK(table.insert(mix_bits(word_table::words_max + 500)) == word_table::none);
}

TEST_CASE("the logarithm in integers") {
  for (const auto& [n, want] : std::initializer_list<std::pair<uint64_t, uint32_t>>{
           {0, 0}, {1, 0}, {2, 256}, {3, 384}, {4, 512}, {1024, 2560}, {~uint64_t{0}, 64 * 256 - 1}})
    CHECK(log2_of(n) == want);
  for (uint64_t n = 1; n < 5'000; ++n)
    CHECK(log2_of(n) <= log2_of(n + 1));
}
