#include "runtime/base/random_source.hpp"
#include "runtime/jobs/segment_cutter.hpp"

#include <doctest/doctest.h>

using namespace weft;

namespace {

/// Of each segment: how many items.
std::vector<size_t> sizes(segment_cutter& cutter, const std::vector<size_t>& bytes) {
  std::vector<std::string> texts;
  for (const auto size : bytes)
    texts.emplace_back(size, 'x');
  std::vector<size_t> out;
  for (const auto& piece : cutter.add(std::move(texts)))
    out.push_back(piece.texts.size());
  if (const auto last = cutter.finish(); !last.texts.empty())
    out.push_back(last.texts.size());
  return out;
}

} // namespace

TEST_CASE("a segment ends at 256 items or before it passes 1 MiB") {
  constexpr size_t half = segment_bytes_max / 2;
  struct row {
    std::vector<size_t> bytes;
    std::vector<size_t> want;
  };
  for (const auto& [bytes, want] : {row{{}, {}},
                                    {{1}, {1}},
                                    {std::vector<size_t>(256, 1), {256}},
                                    {std::vector<size_t>(257, 1), {256, 1}},
                                    {std::vector<size_t>(600, 0), {256, 256, 88}},
                                    {{half, half, 1}, {2, 1}},
                                    {{half, half + 1, 1}, {1, 2}},
                                    {{3 * half, 1, half}, {1, 2}},
                                    {{1, 3 * half, 1}, {1, 1, 1}}}) {
    CAPTURE(bytes.size());
    segment_cutter cutter;
    CHECK(sizes(cutter, bytes) == want);
    CHECK(cutter.items() == bytes.size());
    CHECK(cutter.segments() == want.size());
  }
}

TEST_CASE("segments do not depend on how the items come, nor on where the cutter begins") {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    std::vector<std::string> all;
    for (int i = 0; i < 1'500; ++i)
      all.emplace_back(random.chance(0.02) ? random.below(900'000) : random.below(3'000), 'x');
    segment_cutter at_once;
    auto want = at_once.add(all);
    want.push_back(at_once.finish());

    segment_cutter bit_by_bit;
    std::vector<segment_cutter::cut> got;
    for (size_t i = 0; i < all.size();) {
      const auto count = std::min<size_t>(all.size() - i, 1 + random.below(400));
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i);
      for (auto& piece : bit_by_bit.add({begin, begin + static_cast<std::ptrdiff_t>(count)})) {
        got.push_back(std::move(piece));
        if (random.chance(0.2)) { // the stream is cut, and goes on behind the last segment
          bit_by_bit = {got.back().index + 1, got.back().first_item + got.back().texts.size()};
          i = got.back().first_item + got.back().texts.size() - count;
          break;
        }
      }
      i += count;
    }
    got.push_back(bit_by_bit.finish());
    REQUIRE(got.size() == want.size());
    for (size_t i = 0; i < got.size(); ++i) {
      CHECK(got[i].index == want[i].index);
      CHECK(got[i].first_item == want[i].first_item);
      CHECK(got[i].texts == want[i].texts);
    }
  }
}
