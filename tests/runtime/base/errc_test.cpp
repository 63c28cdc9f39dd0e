#include "runtime/base/errc.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

TEST_CASE("every error has a stable reason, a meaning and an advice, and no two share a reason") {
  std::set<std::string_view> reasons;
  for (const auto& row : weft::errc_table()) {
    CAPTURE(row.reason);
    CHECK(reasons.insert(row.reason).second);
    CHECK(std::all_of(row.reason.begin(), row.reason.end(),
                      [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }));
    CHECK(row.meaning.ends_with('.'));
    CHECK(row.advice.ends_with('.'));
    CHECK(weft::to_string(row.code) == row.reason);
  }
}

TEST_CASE("what every kind of call may hear of is advised on without naming one kind") {
  using weft::errc;
  for (const auto code :
       {errc::invalid_argument, errc::unavailable, errc::storage_full, errc::storage_failed, errc::draining})
    for (const auto* word : {"field", "embed", "cache", "from memory"}) {
      CAPTURE(word);
      CHECK(weft::info(code).advice.find(word) == std::string_view::npos);
    }
}

TEST_CASE("only none is OK") {
  for (const auto& row : weft::errc_table())
    CHECK((row.status == weft::canonical::ok) == (row.code == weft::errc::none));
}
