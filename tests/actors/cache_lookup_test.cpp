#include "tests/actors/cached_world.hpp"

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

struct answer {
  std::optional<result<cache_lookup>> value;

  errc code() const { return *value ? errc::none : value->error().code; }
};

std::shared_ptr<answer> look_up(actor_world& world, const std::string& text, const std::string& model = "",
                                const std::string& tenant = "") {
  auto out = std::make_shared<answer>();
  caf::anon_send(world.supervisor,
                 std::make_shared<lookup_ask>(cache_question{.model = model, .text = text, .tenant = tenant},
                                              [out](result<cache_lookup> found) { out->value = std::move(found); }));
  world.step();
  return out;
}

} // namespace

TEST_CASE("an operator hears whether a text is cached, without computing it") {
  cached_world world;
  world.start();
  auto before = look_up(world, "a");
  REQUIRE(before->value);
  REQUIRE(before->code() == errc::none);
  CHECK_FALSE((**before->value).place);
  CHECK(world.all_computed() == 0);
  world.submit({"a"});
  world.pass(3s);
  const auto after = **look_up(world, "a")->value;
  CHECK(after.place == entry_place::memory);
  CHECK(after.age == 3s);
  CHECK_FALSE(after.expires_in);
  CHECK(after.bytes > 0);
  CHECK(after.model == "m");
  CHECK(after.model_version == "0123456789ab");
  CHECK_FALSE((**look_up(world, "b")->value).place);
  CHECK_FALSE((**look_up(world, "a", "m", "somebody")->value).place); // another tenant's
  CHECK(world.all_computed() == 1);
  CHECK(world.board->snapshot()->cache.memory.misses == 1); // the call's; a look counts nothing
}

TEST_CASE("what another node owns is asked for there") {
  two_nodes world{two_nodes::with_store{}};
  const auto& text = world.theirs[0];
  auto found = look_up(world, text);
  CHECK_FALSE(found->value);
  REQUIRE(world.link->looks.size() == 1);
  CHECK(world.link->looks[0].at == node_id{2});
  CHECK(world.link->looks[0].keys == std::vector{world.key(text)});
  SUBCASE("found") {
    world.link->looks[0].answer({{world.key(text), world.entry(text)}});
    REQUIRE(found->code() == errc::none);
    CHECK((**found->value).place == entry_place::store);
    CHECK((**found->value).owner_id == "0000000000000002");
  }
  SUBCASE("a collision is no hit") {
    auto other = world.entry("another text");
    world.link->looks[0].answer({{world.key(text), other}});
    CHECK_FALSE((**found->value).place);
  }
  SUBCASE("gone") {
    world.link->looks[0].done(failure{errc::unavailable, "gone"});
    CHECK(found->code() == errc::unavailable);
  }
}

TEST_CASE("a question that cannot be answered says why") {
  cached_world world;
  world.start();
  CHECK(look_up(world, "a", "unknown")->code() == errc::unknown_model);
  actor_world plain;
  plain.start();
  CHECK(look_up(plain, "a")->code() == errc::unavailable);
  cached_world loading;
  loading.hold_tasks = true;
  loading.start();
  CHECK(look_up(loading, "a")->code() == errc::unavailable);
}
