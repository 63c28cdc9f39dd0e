#include "runtime/registry/operation_registry.hpp"

#include <doctest/doctest.h>

using namespace weft;

TEST_CASE("an operation is found by its name, and by no other") {
  operation_registry registry;
  REQUIRE(registry.add(embed_operation("cpu")));
  const auto* embed = registry.find("embed");
  REQUIRE(embed != nullptr);
  CHECK(embed->version == 1);
  CHECK(embed->pool == "cpu");
  CHECK(embed->parameters.size() == 3);
  CHECK(registry.find("compress") == nullptr);
  CHECK(registry.find("") == nullptr);
}

TEST_CASE("an operation without name or cost, or with a name that is taken, is refused") {
  operation_registry registry;
  REQUIRE(registry.add(embed_operation("cpu")));
  auto nameless = embed_operation("cpu");
  nameless.name = "";
  auto free_of_charge = embed_operation("cpu");
  free_of_charge.name = "free";
  free_of_charge.cost = nullptr;
  for (const auto& bad : {embed_operation("gpu"), nameless, free_of_charge}) {
    auto added = registry.add(bad);
    REQUIRE(!added);
    CHECK(added.error().code == errc::invalid_argument);
  }
  CHECK(registry.size() == 1);
  CHECK(registry.find("embed")->pool == "cpu");
}

TEST_CASE("a text costs its bytes and the two specials, up to what the model reads") {
  auto cost = embed_operation("cpu").cost;
  struct row {
    uint64_t bytes;
    uint32_t tokens_max;
    uint64_t want;
  };
  for (auto [bytes, tokens_max, want] : {row{0, 256, 2}, row{10, 256, 12}, row{254, 256, 256}, row{255, 256, 256},
                                         row{10'000'000, 256, 256}, row{10, 0, 2}})
    CHECK(cost(bytes, tokens_max) == want);
}
