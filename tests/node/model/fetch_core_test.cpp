#include "tests/node/model/some_manifest.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <variant>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

/// A core, its virtual time, and what it is told. No pieces, only their digests.
struct core_world {
  explicit core_world(fetch_options options) : core(with_model(std::move(options)), time_point{}) {}

  static fetch_options with_model(fetch_options options) {
    options.model = "m";
    return options;
  }
  template <class T> T expect() {
    auto step = core.next(now);
    REQUIRE_MESSAGE(std::holds_alternative<T>(step), "step " << step.index());
    return std::get<T>(std::move(step));
  }
  /// The description is asked for at this address, and given.
  void describe(const std::string& address, list upstream = {}, const model_manifest& manifest = make_manifest(3)) {
    CHECK(expect<ask_model>().address == address);
    REQUIRE(core.model_answered(now, address, model_offer{manifest, std::move(upstream)}));
  }
  /// One seed "p" that names "d", which describes the model.
  void begin(list upstream = {}, const model_manifest& manifest = make_manifest(3)) {
    CHECK(expect<ask_directory>().address == "p");
    core.directory_answered("p", list{"d"});
    describe("d", std::move(upstream), manifest);
  }
  /// Gives `count` of the pieces that a leg asks for.
  void give(const fetch_pieces& leg, uint32_t count, const status& how = ok) {
    for (uint32_t i = leg.first; i < leg.first + std::min(count, leg.count); ++i) {
      REQUIRE(
          core.piece_came(now, leg.address, i, core.places()[i].bytes, digest_of(*core.manifest(), core.places()[i])));
      core.have(now, i, leg.address);
    }
    core.pieces_ended(now, leg.address, how);
  }

  time_point now{};
  fetch_core core;
};

} // namespace

TEST_CASE("pieces are fetched in order, a file at a time, and then installed") {
  core_world world{{.addresses = {"p"}}};
  world.begin();
  for (const auto& [first, count] : {std::pair{0U, 3U}, {3U, 1U}, {4U, 1U}}) {
    const auto leg = world.expect<fetch_pieces>();
    CHECK(leg.address == "d");
    CHECK(leg.first == first);
    CHECK(leg.count == count);
    world.give(leg, leg.count);
  }
  CHECK(world.core.missing() == 0);
  world.expect<install_model>();
  CHECK(world.core.bytes_from() == std::map<std::string, uint64_t>{{"d", 5 * uint64_t{model_piece_bytes}}});
}

TEST_CASE("one question asks for so many pieces, whatever the file has") {
  core_world world{{.addresses = {"p"}, .leg_pieces_max = 2}};
  world.begin();
  world.give(world.expect<fetch_pieces>(), 2);
  const auto leg = world.expect<fetch_pieces>();
  CHECK(leg.first == 2);
  CHECK(leg.count == 1);
}

TEST_CASE("a broken transfer goes on with the first piece that is missing, from the next node") {
  core_world world{{.addresses = {"p"}}};
  world.begin({"near", "far"});
  auto leg = world.expect<fetch_pieces>();
  CHECK(leg.address == "near");
  world.give(leg, 1, gone);
  leg = world.expect<fetch_pieces>();
  CHECK(leg.address == "far");
  CHECK(leg.first == 1);
  world.give(leg, 1, gone);
  leg = world.expect<fetch_pieces>();
  CHECK(leg.address == "d");
  CHECK(leg.first == 2);
  // After the pause the nearest one is tried again.
  world.now += 1s;
  world.give(leg, 1);
  CHECK(world.expect<fetch_pieces>().address == "near");
}

TEST_CASE("a source that ends early goes on being the source, one that gave nothing makes room for the next") {
  core_world world{{.addresses = {"p"}}};
  world.begin({"near"});
  world.give(world.expect<fetch_pieces>(), 2);
  auto leg = world.expect<fetch_pieces>();
  CHECK(leg.address == "near");
  CHECK(leg.first == 2);
  world.give(leg, 0);
  CHECK(world.expect<fetch_pieces>().address == "d");
}

TEST_CASE("a slow link is no failure while pieces come through it") {
  const failure late{errc::deadline_exceeded, "30 s"};
  core_world world{{.addresses = {"p"}}};
  world.begin({"near"});
  world.give(world.expect<fetch_pieces>(), 1, late);
  const auto leg = world.expect<fetch_pieces>();
  CHECK(leg.address == "near");
  CHECK(leg.first == 1);
  world.give(leg, 0, late);
  CHECK(world.expect<fetch_pieces>().address == "d");
}

TEST_CASE("a node with too many readers is asked again when it said, others meanwhile") {
  core_world world{{.addresses = {"p"}}};
  world.begin({"near"});
  world.give(world.expect<fetch_pieces>(), 0,
             failure{.code = errc::overloaded, .message = "busy", .retry_after = 5'000ms});
  for (const auto wait : {0ms, 4'999ms}) {
    auto later = world;
    later.now += wait;
    CHECK(later.expect<fetch_pieces>().address == "d");
  }
  world.now += 5s;
  CHECK(world.expect<fetch_pieces>().address == "near");
}

TEST_CASE("a damaged piece is not kept, and its sender is not asked again") {
  core_world world{{.addresses = {"p"}}};
  world.begin({"near"});
  const auto leg = world.expect<fetch_pieces>();
  const auto told =
      world.core.piece_came(world.now, "near", leg.first, model_piece_bytes, sha256_of_text("something else"));
  REQUIRE_FALSE(told);
  CHECK(told.error().code == errc::model_unusable);
  world.core.pieces_ended(world.now, "near", ok);
  CHECK(world.core.missing() == 5);
  const auto next = world.expect<fetch_pieces>();
  CHECK(next.address == "d");
  CHECK(next.first == leg.first);
  world.now += 10s; // a later description names it again
  CHECK(world.expect<ask_model>().address == "d");
  REQUIRE(world.core.model_answered(world.now, "d", model_offer{make_manifest(3), {"near"}}));
  CHECK(world.expect<fetch_pieces>().address == "d");
}

TEST_CASE("the first good description is the version; whoever has another one is left out") {
  core_world world{{.addresses = {"p"}}};
  world.begin();
  world.give(world.expect<fetch_pieces>(), 1, gone);
  world.now += 1s;
  world.give(world.expect<fetch_pieces>(), 0, gone); // somebody else may have it
  CHECK(world.expect<ask_directory>().address == "p");
  world.core.directory_answered("p", list{"e"});
  CHECK(world.expect<ask_model>().address == "e");
  const auto used = world.core.model_answered(world.now, "e", model_offer{make_manifest(3, "2"), {}});
  REQUIRE_FALSE(used);
  CHECK(used.error().message.find("has version") != std::string::npos);
  CHECK(world.core.missing() == 4);
  world.now += 1s;
  const auto leg = world.expect<fetch_pieces>();
  CHECK(leg.address == "d");
  CHECK(leg.first == 1);
}

TEST_CASE("a SHA256SUMS that is there decides which version may come") {
  const auto wanted = make_manifest(3, "2");
  core_world world{{.addresses = {"p"}, .pinned = {{"vocab.txt", wanted.files[2].sha256}}}};
  CHECK(world.expect<ask_directory>().address == "p");
  world.core.directory_answered("p", list{"d", "e"});
  CHECK(world.expect<ask_model>().address == "d");
  const auto used = world.core.model_answered(world.now, "d", model_offer{make_manifest(3), {}});
  REQUIRE_FALSE(used);
  CHECK(used.error().message.find("SHA256SUMS") != std::string::npos);
  CHECK(world.core.manifest() == nullptr);
  world.describe("e", {}, wanted);
  CHECK(world.expect<fetch_pieces>().address == "e");
}

TEST_CASE("who describes the model hears every ten seconds that it is still being fetched") {
  core_world world{{.addresses = {"p"}, .leg_pieces_max = 1}};
  world.begin();
  world.give(world.expect<fetch_pieces>(), 1);
  world.now += 9'999ms;
  world.give(world.expect<fetch_pieces>(), 1);
  world.now += 1ms;
  world.describe("d", {"new"});
  CHECK(world.expect<fetch_pieces>().address == "new");
}

TEST_CASE("nodes are asked in rounds, a second apart, until one has the model") {
  core_world world{{.addresses = {"p", "q"}}};
  for (int round = 0; round < 3; ++round) {
    CHECK(world.expect<ask_directory>().address == "p");
    world.core.directory_answered("p", gone);
    CHECK(world.expect<ask_directory>().address == "q");
    world.core.directory_answered("q", list{"d"});
    CHECK(world.expect<ask_model>().address == "d");
    CHECK_FALSE(world.core.model_answered(world.now, "d", failure{errc::unavailable, "no model either"}));
    const auto wait = world.expect<wait_until>();
    CHECK(wait.until == world.now + 1s);
    world.now = wait.until;
  }
}

TEST_CASE("it gives up a minute after the last piece, and says whom it asked and what to do") {
  core_world world{{.addresses = {"p"}}};
  world.begin();
  world.now += 5s;
  world.give(world.expect<fetch_pieces>(), 1);
  const auto last = world.now;
  while (world.now < last + 60s) {
    auto step = world.core.next(world.now);
    CHECK_FALSE(std::holds_alternative<give_up>(step));
    if (const auto* leg = std::get_if<fetch_pieces>(&step))
      world.core.pieces_ended(world.now, leg->address, gone);
    else if (const auto* ask = std::get_if<ask_model>(&step))
      CHECK_FALSE(world.core.model_answered(world.now, ask->address, gone));
    else if (const auto* find = std::get_if<ask_directory>(&step))
      world.core.directory_answered(find->address, gone);
    else
      world.now = std::get<wait_until>(step).until;
  }
  CHECK(world.now == last + 60s);
  const auto why = world.expect<give_up>().why;
  CHECK(why.code == errc::model_unusable);
  for (const auto* part : {"the rest of model m", "60 s", "d: gone", "p: gone", "tools/setup model", "cluster.seeds"})
    CHECK_MESSAGE(why.message.find(part) != std::string::npos, part);
}

TEST_CASE("pieces from before are not fetched") {
  core_world world{{.addresses = {"p"}}};
  world.begin();
  for (const auto piece : {0U, 2U, 4U})
    world.core.have(world.now, piece, "");
  auto leg = world.expect<fetch_pieces>();
  CHECK(leg.first == 1);
  CHECK(leg.count == 1);
  world.give(leg, 1);
  leg = world.expect<fetch_pieces>();
  CHECK(leg.first == 3);
  world.give(leg, 1);
  world.expect<install_model>();
}

TEST_CASE("files that are not as described make their author a liar, and another node's description counts") {
  core_world world{{.addresses = {"p"}}};
  world.begin();
  while (world.core.missing() > 0)
    world.give(world.expect<fetch_pieces>(), 3);
  world.expect<install_model>();
  world.core.install_refused(world.now, "described files that are not as it says");
  CHECK(world.core.manifest() == nullptr);
  CHECK(world.expect<ask_directory>().address == "p");
  world.core.directory_answered("p", list{"d", "e"});
  world.describe("e", {"d"}, make_manifest(3, "2"));
  CHECK(world.expect<fetch_pieces>().address == "e");
}

TEST_CASE("who did not go together with a lie is believed when it is one; who repeats it is passed over") {
  core_world world{{.addresses = {"p"}}};
  world.begin();
  CHECK_FALSE(world.core.model_answered(world.now, "honest", model_offer{make_manifest(3, "2"), {}}));
  while (world.core.missing() > 0) {
    world.now += 50s; // a slow link: in the end the first description is older than the patience
    CHECK(world.expect<ask_model>().address == "d");
    REQUIRE(world.core.model_answered(world.now, "d", model_offer{make_manifest(3), {}}));
    world.give(world.expect<fetch_pieces>(), 1);
  }
  world.now += 61s; // looking at the files takes long
  world.core.install_refused(world.now, "described files that are not as it says");
  CHECK(world.expect<ask_directory>().address == "p");
  world.core.directory_answered("p", list{"d", "relay", "honest"});
  CHECK(world.expect<ask_model>().address == "relay");
  CHECK_FALSE(world.core.model_answered(world.now, "relay", model_offer{make_manifest(3), {}}));
  world.describe("honest", {"relay"}, make_manifest(3, "2"));
  const auto leg = world.expect<fetch_pieces>(); // from the relay: it may have found out, too
  CHECK(leg.address == "relay");
}

TEST_CASE(
    "who invents descriptions of files for ever is listened to sixteen times, whatever is remembered of sources") {
  for (const uint32_t sources_max : {1U, 256U}) {
    CAPTURE(sources_max);
    core_world world{{.addresses = {"p"}, .sources_max = sources_max}};
    size_t lies = 0;
    std::optional<give_up> end;
    for (int steps = 0; !end; ++steps) {
      REQUIRE(steps < 10'000);
      auto step = world.core.next(world.now);
      const auto lie = "lie " + std::to_string(lies);
      if (const auto* find = std::get_if<ask_directory>(&step))
        world.core.directory_answered(find->address, list{"at " + lie});
      else if (const auto* ask = std::get_if<ask_model>(&step))
        CHECK(world.core.model_answered(world.now, ask->address, model_offer{make_manifest(1, lie), {}}));
      else if (const auto* leg = std::get_if<fetch_pieces>(&step))
        world.give(*leg, leg->count);
      else if (const auto* wait = std::get_if<wait_until>(&step))
        world.now = wait->until;
      else if (std::holds_alternative<install_model>(step)) {
        ++lies;
        world.core.install_refused(world.now, "described files that are not as it says");
      } else
        end = std::get<give_up>(std::move(step));
    }
    CHECK(lies == 16);
    CHECK(end->why.code == errc::model_unusable);
    for (const auto* part : {"16 times", "at lie 15: described files", "out of the cluster", "tools/setup model"})
      CHECK_MESSAGE(end->why.message.find(part) != std::string::npos, part);
  }
}
