#include "runtime/compute/tokenizer/token_trie.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>

using weft::token_trie;

TEST_CASE("the longest key that a text starts with is found") {
  token_trie trie;
  const auto root = trie.add({{"a", 0}, {"abc", 1}, {"\xC3\xA9", 2}, {"b", 3}});
  struct row {
    std::string_view text;
    int32_t id;
    uint32_t bytes;
  };
  for (const auto& [text, id, bytes] :
       {row{"abcd", 1, 3}, row{"abd", 0, 1}, row{"a", 0, 1}, row{"\xC3\xA9x", 2, 2}, row{"\xC3", -1, 0},
        row{"c", -1, 0}, row{"", -1, 0}, row{"ba", 3, 1}, row{std::string_view("\0a", 2), -1, 0},
        row{std::string_view("a\0", 2), 0, 1}}) {
    CAPTURE(text);
    const auto match = trie.longest(root, text);
    CHECK(match.id == id);
    CHECK(match.bytes == bytes);
  }
}

TEST_CASE("sets of keys do not see each other, and an empty one finds nothing") {
  token_trie trie;
  const auto first = trie.add({{"x", 1}});
  const auto none = trie.add({});
  const auto second = trie.add({{"xy", 2}});
  CHECK(trie.longest(first, "xy").id == 1);
  CHECK(trie.longest(none, "xy").id == -1);
  CHECK(trie.longest(second, "xy").id == 2);
  CHECK(trie.longest(second, "x").id == -1);
}

TEST_CASE("random keys over all bytes are found as a map finds them") {
  std::mt19937_64 random(7);
  std::map<std::string, int32_t> keys;
  const auto make = [&](size_t alphabet) {
    std::string key;
    for (size_t n = 1 + random() % 6; n > 0; --n)
      key += static_cast<char>(1 + random() % alphabet);
    return key;
  };
  while (keys.size() < 5000)
    keys.emplace(make(keys.size() % 2 == 0 ? 4 : 255), static_cast<int32_t>(keys.size()));
  std::vector<token_trie::entry> entries;
  for (const auto& [key, id] : keys)
    entries.push_back({key, id});
  token_trie trie;
  const auto root = trie.add(entries);
  for (int i = 0; i < 50'000; ++i) {
    const std::string text = make(i % 2 == 0 ? 5 : 255);
    token_trie::match want;
    for (uint32_t n = 1; n <= text.size(); ++n)
      if (const auto found = keys.find(text.substr(0, n)); found != keys.end())
        want = {found->second, n};
    const auto got = trie.longest(root, text);
    CHECK(got.id == want.id);
    CHECK(got.bytes == want.bytes);
  }
}
