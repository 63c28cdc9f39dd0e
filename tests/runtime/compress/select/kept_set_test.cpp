#include "runtime/compress/select/kept_set.hpp"
#include "tests/runtime/compress/select/documents.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace weft;

TEST_CASE("a kept_set finds the same neighbours as an ordered set") {
  for (const uint32_t units : {1u, 63u, 64u, 65u, 4'096u, 4'097u, 300'000u}) {
    CAPTURE(units);
    testing::dice roll{units};
    kept_set kept{units};
    std::set<uint32_t> want;
    for (int i = 0; i < 2'000; ++i) {
      const uint32_t unit = roll.below(units);
      if (roll.below(3) == 0) {
        kept.erase(unit);
        want.erase(unit);
      } else {
        kept.insert(unit);
        want.insert(unit);
      }
      const uint32_t asked = roll.below(units);
      CHECK(kept.contains(asked) == want.contains(asked));
      const auto at = want.lower_bound(asked);
      CHECK(kept.before(asked) == (at == want.begin() ? std::nullopt : std::optional{*std::prev(at)}));
      const auto above = want.upper_bound(asked);
      CHECK(kept.after(asked) == (above == want.end() ? std::nullopt : std::optional{*above}));
    }
  }
}
