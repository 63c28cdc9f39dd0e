#include "runtime/corpus/duplicate_leaders.hpp"
#include "runtime/points/integer_root.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"

#include <cmath>

using namespace weft;
using namespace weft::test;

namespace {

double cosine(std::span<const int8_t> a, std::span<const int8_t> b) {
  double product = 0, aa = 0, bb = 0;
  for (size_t d = 0; d < a.size(); ++d) {
    product += a[d] * b[d];
    aa += a[d] * a[d];
    bb += b[d] * b[d];
  }
  return product / std::sqrt(aa * bb);
}

/// The contract in the plainest way.
std::vector<near_duplicate> find_plainly(const item_rows& rows, size_t dimensions, uint32_t similarity) {
  const auto length = [&](size_t r) {
    uint64_t squares = 0;
    for (size_t d = 0; d < dimensions; ++d)
      squares += static_cast<uint64_t>(rows.points[r * dimensions + d] * rows.points[r * dimensions + d]);
    return static_cast<int64_t>(integer_root(squares * 65'536));
  };
  const auto alike = [&](size_t a, size_t b) {
    int64_t product = 0;
    for (size_t d = 0; d < dimensions; ++d)
      product += rows.points[a * dimensions + d] * rows.points[b * dimensions + d];
    if (length(a) == 0 || length(b) == 0)
      return length(a) == length(b);
    return product * 65'536 * 10'000 >= int64_t{similarity} * length(a) * length(b);
  };
  std::vector<near_duplicate> found;
  std::vector<size_t> kept;
  for (size_t r = 0; r < rows.items.size(); ++r) {
    size_t k = 0;
    while (k < kept.size() && !alike(r, kept[k]))
      ++k;
    if (k < kept.size())
      found.push_back({rows.items[r], rows.items[kept[k]]});
    else
      kept.push_back(r);
  }
  return found;
}

item_rows rows_of(const corpus_rows& all) {
  auto items = all.items;
  for (auto& item : items)
    item = item * 3 + 1; // numbers of a corpus, not of rows
  return {std::move(items), points_of(all)};
}

} // namespace

TEST_CASE("duplicates are those of the contract, written plainly, in any block and panel") {
  for (const uint32_t items : {0u, 1u, 2u, 47u, 48u, 49u, 64u, 65u, 300u, 700u})
    for (const uint32_t similarity : {5'000u, 9'000u, 9'900u, 10'000u}) {
      CAPTURE(items);
      CAPTURE(similarity);
      const auto rows = rows_of(some_corpus(items + similarity, std::max(items, 1u), 24, 5, 0.6F));
      item_rows some{std::vector(rows.items.begin(), rows.items.begin() + items),
                     std::vector(rows.points.begin(), rows.points.begin() + items * 24)};
      const auto found = find_duplicates(some, 24, similarity);
      CHECK(found == find_plainly(some, 24, similarity));
      if (items == 700 && similarity == 9'900)
        CHECK((found.size() >= 80 && found.size() < 200)); // the copies: one in seven
    }
}

TEST_CASE("a chain of small steps ends where the kept item is no longer near") {
  // Points on a quarter circle, 5 degrees apart; 0.98 is 11.5 degrees.
  item_rows rows;
  for (uint32_t i = 0; i <= 18; ++i) {
    rows.items.push_back(i);
    rows.points.push_back(static_cast<int8_t>(std::lround(120 * std::cos(i * 5 * 3.14159265 / 180))));
    rows.points.push_back(static_cast<int8_t>(std::lround(120 * std::sin(i * 5 * 3.14159265 / 180))));
  }
  const auto found = find_duplicates(rows, 2, 9'800);
  CHECK(found.size() == 12);
  for (const auto& [item, kept] : found) {
    CHECK(kept % 3 == 0);
    CHECK(item - kept <= 2);
    CHECK(cosine(std::span(rows.points).subspan(item * 2, 2), std::span(rows.points).subspan(kept * 2, 2)) > 0.979);
  }
}

TEST_CASE("equal points are duplicates whatever is asked, opposite ones and zeros are not") {
  const item_rows rows{{2, 5, 6, 7, 8, 9}, {100, 7, 100, 7, -100, -7, 0, 0, 0, 0, 50, 3}};
  CHECK(find_duplicates(rows, 2, 10'000) == std::vector<near_duplicate>{{5, 2}, {8, 7}});
  CHECK(find_duplicates(rows, 2, 9'990) == std::vector<near_duplicate>{{5, 2}, {8, 7}, {9, 2}});
}

TEST_CASE("the largest points that there can be do not overflow") {
  const item_rows rows{{0, 1}, std::vector<int8_t>(8'192, -128)};
  CHECK(find_duplicates(rows, 4'096, 10'000) == std::vector<near_duplicate>{{1, 0}});
}
