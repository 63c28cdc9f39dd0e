#include "runtime/compress/document/chunker.hpp"
#include "runtime/compress/text/characters.hpp"
#include "tests/runtime/compress/document/texts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <set>

using namespace weft;
using namespace weft::test;

TEST_CASE("chunks are the whole text, each of them valid, and none but the last is small") {
  random_source chance{1};
  for (const auto how : looks)
    for (const size_t bytes : {0, 1, 100, 4'095, 4'096, 4'097, 5'200, 65'535, 65'536, 65'537, 66'600, 700'000}) {
      CAPTURE(static_cast<int>(how));
      CAPTURE(bytes);
      const auto text = random_text(chance, how, bytes);
      const auto sizes = chunk_sizes(text);
      CHECK(std::accumulate(sizes.begin(), sizes.end(), size_t{0}) == text.size());
      size_t at = 0;
      for (size_t i = 0; i < sizes.size(); ++i) {
        CHECK(sizes[i] <= chunk_bytes_max);
        if (i + 1 < sizes.size())
          CHECK(sizes[i] >= chunk_bytes_min);
        CHECK(valid_utf8_bytes(std::string_view{text}.substr(at, sizes[i])) == sizes[i]);
        at += sizes[i];
      }
    }
}

TEST_CASE("random text is cut into chunks of about 16 KiB") {
  random_source chance{2};
  for (const auto how : {look::prose, look::lines, look::one_line, look::two_letters, look::wide}) {
    CAPTURE(static_cast<int>(how));
    const auto text = random_text(chance, how, 4'000'000);
    const auto mean = text.size() / chunk_sizes(text).size();
    CHECK(mean > 14'000);
    CHECK(mean < 20'000);
  }
}

TEST_CASE("chunks end where paragraphs and lines do") {
  random_source chance{3};
  const auto share_of = [](const std::string& text, std::string_view end) {
    const auto sizes = chunk_sizes(text);
    size_t at = 0, good = 0;
    for (size_t i = 0; i + 1 < sizes.size(); ++i) {
      at += sizes[i];
      good += std::string_view{text}.substr(0, at).ends_with(end);
    }
    return static_cast<double>(good) / static_cast<double>(sizes.size() - 1);
  };
  CHECK(share_of(random_text(chance, look::lines, 2'000'000), "\r\n") == 1);
  CHECK(share_of(random_text(chance, look::prose, 2'000'000), "\n\n") > 0.7); // one in 600 bytes, within 1 KiB
}

TEST_CASE("where a cut is does not depend on what is beyond its sight") {
  random_source chance{4};
  for (const auto how : looks) {
    CAPTURE(static_cast<int>(how));
    const auto text = random_text(chance, how, 300'000);
    std::string_view rest = text;
    while (rest.size() >= chunk_sight) {
      const auto whole = first_chunk_bytes(rest);
      CHECK(first_chunk_bytes(rest.substr(0, chunk_sight)) == whole);
      const auto other = std::string{rest.substr(0, std::max(whole + cut_sight, size_t{0}))} +
                         random_text(chance, look::lines, chunk_sight);
      CHECK(first_chunk_bytes(other) == whole);
      rest.remove_prefix(whole);
    }
  }
}

TEST_CASE("cuts fall together again after an insertion") {
  random_source chance{5};
  for (const auto how : {look::prose, look::lines, look::one_line, look::wide}) {
    CAPTURE(static_cast<int>(how));
    const auto text = random_text(chance, how, 1'000'000);
    const auto starts_of = [](std::string_view all) {
      std::set<size_t> out; // counted from the end
      for (size_t left = all.size(); const auto bytes : chunk_sizes(all)) {
        out.insert(left);
        left -= bytes;
      }
      return out;
    };
    const auto before = starts_of(text);
    const auto after = starts_of("something new " + text);
    const auto same = std::ranges::count_if(after, [&](size_t start) { return before.contains(start); });
    CHECK(after.size() - static_cast<size_t>(same) <= 8);
  }
}

TEST_CASE("cuts are the same in every release") {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += "line " + std::to_string(i) + (i % 7 == 0 ? "\n\n" : "\n");
  const auto sizes = chunk_sizes(text);
  REQUIRE(sizes.size() > 5);
  CHECK(std::vector(sizes.begin(), sizes.begin() + 5) == std::vector<uint32_t>{7004, 11777, 9230, 5254, 46008});
}
