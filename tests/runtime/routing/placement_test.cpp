#include "runtime/routing/placement.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <vector>

using namespace weft;

namespace {

constexpr uint64_t seed = 20'261'121;

std::vector<placement_node> members(size_t count, size_t zones = 1, uint64_t first = 1) {
  std::mt19937_64 random(seed);
  std::vector<placement_node> out;
  for (size_t i = 0; i < count; ++i)
    out.push_back({node_id{random() + first}, 100, std::string(1, static_cast<char>('a' + i % zones))});
  return out;
}

std::vector<cache_key> keys(size_t count, uint64_t from = seed) {
  std::mt19937_64 random(from);
  std::vector<cache_key> out(count);
  for (auto& key : out)
    key = {random(), random()};
  return out;
}

std::set<node_id> as_set(const owner_list& list) {
  return {list.begin(), list.end()};
}

/// Ranks all nodes by their costs with doubles and libm, zone rule included: what the fast path has to agree with.
owner_list slow_owners(const std::vector<placement_node>& nodes, const cache_key& key, size_t count) {
  std::vector<placement_node> left = nodes;
  std::map<std::string, size_t> taken;
  owner_list out;
  while (out.size() < std::min(count, nodes.size())) {
    size_t fewest = SIZE_MAX;
    for (const auto& node : left)
      fewest = std::min(fewest, taken[node.zone]);
    std::vector<placement_node> allowed;
    for (const auto& node : left)
      if (taken[node.zone] == fewest)
        allowed.push_back(node);
    for (auto& node : allowed)
      node.zone.clear(); // one zone: the plain ranking
    const node_id next = placement{allowed}.first_owner(key);
    const auto at = std::find_if(left.begin(), left.end(), [&](const auto& node) { return node.node == next; });
    ++taken[at->zone];
    left.erase(at);
    out.push_back(next);
  }
  return out;
}

} // namespace

TEST_CASE("the integer logarithm is the logarithm, never below it and at most 0.1 % above") {
  std::mt19937_64 random(seed);
  for (int i = 0; i < 200'000; ++i) {
    // Half of the hashes near the top, where the winners of large clusters are.
    const uint64_t hash = i % 2 == 0 ? random() : ~(random() >> (random() % 40));
    const long double u = (static_cast<long double>(hash) + 1) / 18446744073709551616.0L;
    const long double want = -std::log2(u) * 281474976710656.0L;
    const long double got = static_cast<long double>(exponential(hash));
    CAPTURE(hash);
    REQUIRE(got >= want - 1e-3L * 281474976710656.0L * 1e-12L);
    REQUIRE(got <= want * 1.001L + 2);
    for (uint32_t weight : {1u, 7u, 100u, 65'535u})
      REQUIRE(rendezvous_floor(hash, rendezvous_weight{weight}) <= rendezvous_cost(hash, rendezvous_weight{weight}));
  }
  CHECK(exponential(UINT64_MAX) == 0);
  CHECK(exponential(0) == uint64_t{64} << 48);
  CHECK(exponential((uint64_t{1} << 63) - 1) == uint64_t{1} << 48);
}

TEST_CASE("costs fall as hashes rise, so that equal weights need no logarithm to be fair") {
  std::mt19937_64 random(seed);
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t hash = random();
    const uint64_t higher = hash + std::min(UINT64_MAX - hash, random() >> (random() % 64));
    CAPTURE(hash);
    REQUIRE(exponential(higher) <= exponential(hash));
  }
}

TEST_CASE("placement is the same on every machine and in every release") {
  // Computed once on x86-64 and kept: whoever changes these moves every key of every running cluster.
  uint64_t hash = 0xCBF29CE484222325u;
  const placement where{members(10, 3)};
  for (const auto& key : keys(1'000))
    for (node_id owner : where.owners(key, 3))
      hash = (hash ^ static_cast<uint64_t>(owner)) * 0x100000001B3u;
  CHECK(hash == 14918763698813835411u);
}

TEST_CASE("the fast scan finds what ranking all nodes one by one finds") {
  struct row {
    size_t nodes, zones, count;
  };
  for (auto [nodes, zones, count] : {row{1, 1, 4}, row{2, 1, 3}, row{3, 3, 3}, row{5, 2, 4}, row{10, 4, 3},
                                     row{40, 1, 4}, row{60, 26, 4}, row{60, 2, 1}}) {
    CAPTURE(nodes);
    CAPTURE(zones);
    auto list = members(nodes, zones);
    for (size_t i = 0; i < list.size(); ++i)
      list[i].weight = 1 + static_cast<uint32_t>(i * 37 % 300);
    const placement where{list};
    CHECK(where.zones() == std::min(nodes, zones));
    for (const auto& key : keys(300)) {
      const auto got = where.owners(key, count);
      REQUIRE(got == slow_owners(list, key, count));
      REQUIRE(as_set(got).size() == std::min(count, nodes));
    }
  }
}

TEST_CASE("the order in which members are known changes nothing, and a member given twice counts once") {
  auto list = members(20, 3);
  const placement where{list};
  std::mt19937_64 random(seed);
  std::shuffle(list.begin(), list.end(), random);
  list.push_back({list[0].node, 1, "elsewhere"});
  const placement shuffled{list};
  CHECK(shuffled.size() == 20);
  for (const auto& key : keys(500))
    REQUIRE(where.owners(key, 3) == shuffled.owners(key, 3));
}

TEST_CASE("a new node takes its share and not more, and no key moves between old nodes") {
  const auto all = keys(60'000);
  for (size_t n : {1u, 2u, 3u, 9u, 50u}) {
    for (size_t zones : {size_t{1}, size_t{3}}) {
      CAPTURE(n);
      CAPTURE(zones);
      auto list = members(n + 1, zones);
      const node_id newcomer = list.back().node;
      const placement after{list};
      list.pop_back();
      const placement before{list};
      size_t moved = 0;
      for (const auto& key : all) {
        if (before.first_owner(key) != after.first_owner(key)) {
          ++moved;
          REQUIRE(after.first_owner(key) == newcomer);
        }
        // The set of owners: at most one leaves, and only for the new node.
        const auto old_set = as_set(before.owners(key, 3));
        const auto new_set = as_set(after.owners(key, 3));
        size_t joined = 0;
        for (node_id node : new_set)
          if (!old_set.contains(node)) {
            ++joined;
            REQUIRE(node == newcomer);
          }
        REQUIRE(joined <= 1);
      }
      const double share = static_cast<double>(moved) / static_cast<double>(all.size());
      CHECK(share <= 1.1 / static_cast<double>(n + 1));
      CHECK(share >= 0.9 / static_cast<double>(n + 1));
    }
  }
}

TEST_CASE("a heavier node takes keys from all and gives none") {
  auto list = members(5);
  const placement before{list};
  list[2].weight = 150;
  const placement after{list};
  for (const auto& key : keys(20'000))
    if (before.first_owner(key) != after.first_owner(key))
      REQUIRE(after.first_owner(key) == list[2].node);
}

TEST_CASE("a node's share of the keys is its share of the weights") {
  auto list = members(4);
  list[0].weight = 50;
  list[1].weight = 100;
  list[2].weight = 200;
  list[3].weight = 650;
  std::map<node_id, size_t> count;
  const placement where{list};
  const auto all = keys(400'000);
  for (const auto& key : all)
    ++count[where.first_owner(key)];
  for (const auto& node : list) {
    const double share = static_cast<double>(count[node.node]) / static_cast<double>(all.size());
    CAPTURE(node.weight);
    CHECK(share == doctest::Approx(node.weight / 1'000.0).epsilon(0.03));
  }
}

TEST_CASE("counted keys spread as evenly as random ones") {
  const placement where{members(8)};
  for (bool high : {false, true}) {
    std::map<node_id, size_t> count;
    for (uint64_t i = 0; i < 80'000; ++i)
      ++count[where.first_owner(high ? cache_key{i, 0} : cache_key{0, i})];
    for (const auto& [node, n] : count)
      CHECK(std::abs(static_cast<double>(n) - 10'000) < 500); // five standard deviations
  }
}

TEST_CASE("replicas are in different zones while there are zones without one") {
  struct row {
    size_t zones, count, want;
  };
  for (auto [zones, count, want] : {row{1, 3, 1}, row{2, 2, 2}, row{2, 4, 2}, row{3, 3, 3}, row{5, 4, 4}}) {
    CAPTURE(zones);
    const placement where{members(15, zones)};
    for (const auto& key : keys(2'000)) {
      std::map<std::string_view, size_t> per_zone;
      const auto owners = where.owners(key, count);
      REQUIRE(owners.size() == count);
      for (node_id node : owners)
        ++per_zone[where.zone_of(node)];
      REQUIRE(per_zone.size() == want);
      size_t least = SIZE_MAX, most = 0;
      for (const auto& [zone, n] : per_zone) {
        least = std::min(least, n);
        most = std::max(most, n);
      }
      REQUIRE(most - least <= 1);
      REQUIRE(owners[0] == where.first_owner(key));
    }
  }
}

TEST_CASE("when the first owner dies, the second is next where zones do not matter") {
  auto list = members(6);
  const placement before{list};
  for (const auto& key : keys(2'000)) {
    const auto owners = before.owners(key, 3);
    auto rest = list;
    std::erase_if(rest, [&](const auto& node) { return node.node == owners[0]; });
    REQUIRE(placement{rest}.first_owner(key) == owners[1]);
  }
}

TEST_CASE("an empty placement has no owners, and one node owns everything once") {
  CHECK(placement{}.owners({1, 2}, 3).empty());
  const placement one{members(1)};
  CHECK(one.owners({1, 2}, 3).size() == 1);
  CHECK(one.owns(members(1)[0].node, {1, 2}, 1));
  CHECK(one.owners({1, 2}, 0).empty());
}

TEST_CASE("a weight of 0 owns nothing, unless all have it") {
  auto list = members(3);
  list[0].weight = 0;
  const placement some{list};
  for (const auto& key : keys(1'000))
    REQUIRE_FALSE(some.owners(key, 3).contains(list[0].node));
  for (auto& node : list)
    node.weight = 0;
  const placement none{list};
  size_t first = 0;
  for (const auto& key : keys(9'000))
    first += none.first_owner(key) == list[0].node ? 1 : 0;
  CHECK(std::abs(static_cast<double>(first) - 3'000) < 300);
}

TEST_CASE("items are grouped by owner, each once and in order") {
  const placement where{members(5)};
  const auto all = keys(200);
  const auto groups = group_by_owner(where, all);
  CHECK(groups.size() == 5);
  std::set<uint32_t> seen;
  for (const auto& group : groups) {
    CHECK(std::is_sorted(group.items.begin(), group.items.end()));
    for (uint32_t item : group.items) {
      CHECK(where.first_owner(all[item]) == group.owner);
      CHECK(seen.insert(item).second);
    }
  }
  CHECK(seen.size() == all.size());
  CHECK(group_by_owner(where, {}).empty());
}
