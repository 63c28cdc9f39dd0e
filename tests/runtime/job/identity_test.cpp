#include "runtime/job/identity.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <set>

namespace {

using namespace weft;

result_kind_parts parts() {
  return {.operation = "embed", .model = "m", .model_version = "v", .parameters = "p", .scope = "t", .generation = 1};
}

identity with(const std::function<void(result_kind_parts&)>& change, std::string text = "a text") {
  auto changed = parts();
  change(changed);
  return {std::make_shared<const result_kind>(std::move(changed)), std::move(text)};
}

TEST_CASE("every part of an identity changes its key and makes it another one") {
  const std::vector<identity> all{
      with([](auto&) {}),
      with([](auto& p) { p.operation = "compress"; }),
      with([](auto& p) { p.model = "n"; }),
      with([](auto& p) { p.model_version = "w"; }),
      with([](auto& p) { p.precision = numeric_class::bf16; }),
      with([](auto& p) { p.parameters = "q"; }),
      with([](auto& p) { p.scope = "u"; }),
      with([](auto& p) { p.generation = 2; }),
      with([](auto&) {}, "another text"),
      with([](auto&) {}, ""),
  };
  std::set<cache_key> keys;
  for (size_t i = 0; i < all.size(); ++i) {
    keys.insert(key_of(all[i]));
    for (size_t j = 0; j < all.size(); ++j)
      CHECK(same(all[i], all[j]) == (i == j));
  }
  CHECK(keys.size() == all.size());
}

TEST_CASE("fields that run into each other are told apart") {
  const auto one = with([](auto& p) { p.model = "ab", p.model_version = "c"; });
  const auto other = with([](auto& p) { p.model = "a", p.model_version = "bc"; });
  CHECK_FALSE(same(one, other));
  CHECK(key_of(one) != key_of(other));
}

TEST_CASE("equal parts made apart are the same identity") {
  const auto one = with([](auto&) {}), other = with([](auto&) {});
  CHECK(one.kind != other.kind);
  CHECK(same(one, other));
  CHECK(key_of(one) == key_of(other));
}

TEST_CASE("a key stays what it was: nodes of two releases must agree on it") {
  const auto key = key_of(with([](auto&) {}));
  CAPTURE(key.high);
  CAPTURE(key.low);
  CHECK(key == cache_key{4652834537220146658U, 13659410456711218200U});
}

TEST_CASE("a kind comes back from its bytes, and nothing else does") {
  const auto kind = with([](auto& p) { p.precision = numeric_class::int16, p.model = ""; }).kind;
  const auto back = parse_kind(kind->bytes());
  REQUIRE(back);
  CHECK(back->parts() == kind->parts());
  for (size_t length = 0; length < kind->bytes().size(); ++length)
    CHECK(!parse_kind(kind->bytes().substr(0, length)));
  CHECK(!parse_kind(kind->bytes() + "x"));
  auto unknown = kind->bytes();
  unknown[unknown.find("int16")] = 'X';
  CHECK(!parse_kind(unknown));
}

} // namespace
