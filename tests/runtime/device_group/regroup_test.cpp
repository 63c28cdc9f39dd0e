#include "runtime/base/random_source.hpp"
#include "runtime/device_group/regroup.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace weft;

group_worker worker(uint64_t node, uint64_t boot = 1, uint64_t number = 0) {
  return {node_id{node}, boot_epoch{boot}, number};
}

/// What a leader says next: one above all that its node has seen.
group_formation next_of(const regroup& node, std::vector<group_worker> live) {
  return {node.epoch_seen() + 1, std::move(live)};
}

errc code_of(const status& s) {
  return s ? errc::none : s.error().code;
}

} // namespace

TEST_CASE("a worker's place is its rank in the epoch; others have none") {
  const group_formation f{7, {worker(1), worker(4), worker(5)}};
  const auto place = f.place_of(worker(4));
  REQUIRE(place);
  CHECK(place->epoch == 7);
  CHECK(place->rank == 1);
  CHECK(place->ranks == 3);
  CHECK_FALSE(f.place_of(worker(3)));
  CHECK_FALSE(f.place_of(worker(6)));
}

TEST_CASE("an epoch that is over, and one that belongs to another formation, are refused") {
  regroup core;
  const group_formation present{5, {worker(1), worker(2)}};
  REQUIRE(core.adopt(present));
  CHECK(core.adopt(present)); // told twice
  const auto lower = core.adopt({4, {worker(1), worker(2)}});
  CHECK(code_of(lower) == errc::unavailable);
  CHECK(lower.error().message == "epoch 4 is over: form again, above 5");
  CHECK(lower.error().metadata == std::vector<std::pair<std::string, std::string>>{{"epoch", "5"}});
  CHECK(code_of(core.adopt({5, {worker(1), worker(3)}})) == errc::unavailable);
  CHECK(*core.present() == present);
  core.saw(6);
  CHECK(code_of(core.adopt(present)) == errc::unavailable); // what is over does not come back
  CHECK(core.adopt({9, {worker(2)}}));
  CHECK(core.epoch_seen() == 9);
}

TEST_CASE("a higher epoch that was seen ends the present formation; the next is above it") {
  regroup core;
  REQUIRE(core.adopt({2, {worker(1)}}));
  core.saw(2);
  core.saw(1);
  CHECK(core.present());
  core.saw(8);
  CHECK_FALSE(core.present());
  CHECK(core.epoch_seen() == 8);
  core.saw(~0ULL); // nobody was there
  CHECK(core.epoch_seen() == 8);
}

TEST_CASE("an epoch that is far above those that were seen is refused, so that one wrong message uses up none") {
  constexpr auto step = regroup::epoch_step_max;
  regroup core;
  REQUIRE(core.adopt({10, {worker(1)}}));
  CHECK(code_of(core.adopt({10 + step + 1, {worker(1)}})) == errc::invalid_argument);
  core.saw(10 + step + 1);
  CHECK(core.epoch_seen() == 10);
  CHECK(core.present());
  CHECK(core.adopt({10 + step, {worker(1)}})); // just within
  CHECK(core.epoch_seen() == 10 + step);
  core.saw(10 + 2 * step + 1);
  CHECK(core.present());
  core.saw(10 + 2 * step); // just within
  CHECK_FALSE(core.present());
  CHECK(core.epoch_seen() == 10 + 2 * step);
}

TEST_CASE("every epoch and every rank is part of a formation's fingerprint, and of each place") {
  const std::vector<group_formation> formations{{1, {worker(1)}},
                                                {2, {worker(1)}},
                                                {1, {worker(2)}},
                                                {1, {worker(1, 2)}},
                                                {1, {worker(1, 1, 2)}},
                                                {1, {worker(1), worker(2)}},
                                                {1, {worker(1), worker(3)}},
                                                {1, {worker(2), worker(1)}},
                                                {1, {worker(1), worker(1, 2)}}};
  for (const auto& a : formations)
    for (const auto& b : formations)
      CHECK((a.fingerprint() == b.fingerprint()) == (a == b));
  for (const auto& rank : formations[5].ranks)
    CHECK(formations[5].place_of(rank)->formation == formations[5].fingerprint());
}

TEST_CASE("what is not a formation is refused and changes nothing") {
  regroup core(regroup::options{.ranks_max = 2});
  for (const auto& wrong :
       {group_formation{1, {}}, group_formation{0, {worker(1)}}, group_formation{1, {worker(2), worker(1)}},
        group_formation{1, {worker(1), worker(1)}}, group_formation{1, {worker(1), worker(2), worker(3)}},
        group_formation{regroup::epoch_max + 1, {worker(1)}}}) {
    CHECK(code_of(core.adopt(wrong)) == errc::invalid_argument);
    CHECK(core.epoch_seen() == 0);
  }
}

TEST_CASE("nodes that see different deaths in different orders never mix two formations, and agree once they talk") {
  uint64_t mixed = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    random_source chance(seed);
    std::vector<group_worker> all;
    for (uint64_t n = 0; n < 6; ++n)
      all.push_back(worker(n));
    std::vector<regroup> nodes(6);
    const auto first = next_of(nodes[0], all);
    for (auto& n : nodes)
      REQUIRE(n.adopt(first));
    const auto dead = chance.below(6);
    std::vector<group_worker> live;
    for (const auto& w : all)
      if (w != all[dead])
        live.push_back(w);
    // Two nodes take themselves for the leader and tell the others in an order of chance.
    std::vector<group_formation> told;
    for (const auto former : {chance.below(6), chance.below(6)}) {
      auto view = live;
      if (chance.chance(0.5) && former != dead)
        view.pop_back(); // it misses one more
      told.push_back(next_of(nodes[former], view));
    }
    for (auto& n : nodes)
      for (const auto& f : chance.chance(0.5) ? told : std::vector{told[1], told[0]}) {
        const auto before = n.present() ? std::optional(*n.present()) : std::nullopt;
        const auto adopted = n.adopt(f);
        // Whoever is refused is told to go higher, and what was there stays; nobody changes within an epoch.
        CHECK(code_of(adopted) == (adopted ? errc::none : errc::unavailable));
        CHECK((adopted || n.epoch_seen() >= f.epoch));
        CHECK((adopted ? *n.present() == f : before == (n.present() ? std::optional(*n.present()) : std::nullopt)));
        CHECK((!adopted || !before || *before == f || before->epoch < f.epoch));
      }
    // Two nodes may hold different formations of one epoch: then their ranks tell each other apart, wherever they are.
    for (const auto& a : nodes)
      for (const auto& b : nodes) {
        const auto &x = *a.present(), &y = *b.present();
        if (x.epoch == y.epoch && x != y)
          ++mixed;
        CHECK((x.place_of(x.ranks[0])->formation == y.place_of(y.ranks.back())->formation) == (x == y));
      }
    // Whoever was refused goes higher, and then all agree.
    uint64_t highest = 0;
    for (const auto& n : nodes)
      highest = std::max(highest, n.epoch_seen());
    nodes[live[0] == all[0] ? 0 : 1].saw(highest);
    const auto last = next_of(nodes[live[0] == all[0] ? 0 : 1], live);
    CHECK(last.epoch == highest + 1);
    for (auto& n : nodes) {
      CHECK(n.adopt(last));
      CHECK(*n.present() == last);
    }
  }
  CHECK(mixed > 0); // it does happen
}
