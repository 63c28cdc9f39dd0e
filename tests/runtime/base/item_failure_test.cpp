#include "runtime/base/item_failure.hpp"

#include <doctest/doctest.h>

using namespace weft;

TEST_CASE("a failure that names its text is told about another text") {
  const failure bad{errc::invalid_utf8, "text 3: byte 7 is not UTF-8", {{"byte", "7"}, {"item", "3"}}};
  CHECK(item_of(bad) == 3);
  const auto renamed = rename_item(bad, 12);
  CHECK(item_of(renamed) == 12);
  CHECK(renamed.message == "text 12: byte 7 is not UTF-8");
  CHECK(renamed.metadata[0].second == "7");
}

TEST_CASE("a message that speaks of another number stays as it is") {
  CHECK(rename_item({errc::internal, "text 31 is odd", {{"item", "3"}}}, 5).message == "text 31 is odd");
  CHECK(rename_item({errc::internal, "the engine died", {{"item", "3"}}}, 5).message == "the engine died");
}

TEST_CASE("a failure without a text, or with nonsense for one, names none") {
  CHECK_FALSE(item_of({errc::internal, "text 3"}));
  for (auto text : {"", "x", "3x", "-1", "4294967296"})
    CHECK_FALSE(item_of({errc::internal, "m", {{"item", text}}}));
  CHECK(rename_item({errc::internal, "text 3"}, 5).message == "text 3");
}
