#include "runtime/base/random_source.hpp"
#include "runtime/jobs/repair_core.hpp"
#include "tests/runtime/jobs/repair_bench.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace weft;
using namespace std::chrono_literals;

namespace {

/// Puts a segment on all its owners.
void put_on_owners(repair_bench& bench, const segment_record& record) {
  for (const auto owner : bench.owners_of(node_id{1}, record.meta.id))
    bench.put(static_cast<uint64_t>(owner), record);
}

/// Every segment is on its owners, all in the same form, and nowhere else.
void check_placed(repair_bench& bench, const std::set<segment_id>& segments) {
  for (const auto& id : segments) {
    CAPTURE(id.index);
    const auto owners = bench.owners_of(bench.nodes.begin()->first, id);
    std::set<uint64_t> hashes;
    for (auto& [node, it] : bench.nodes) {
      const auto found = it.segments.find(id);
      CHECK((found != it.segments.end()) == owners.contains(node));
      if (found != it.segments.end())
        hashes.insert(found->second.meta.hash);
    }
    CHECK(hashes.size() == 1);
  }
}

} // namespace

TEST_CASE("headers become equal everywhere, in both directions, with any views") {
  repair_bench bench{5};
  for (uint64_t id = 1; id <= 5; ++id) {
    bench.set_view(id, {node_id{1}, node_id{2}, node_id{3}, node_id{4}, node_id{5}});
    for (uint64_t job = 1; job <= 50; ++job)
      if ((job + id) % 3 == 0)
        bench.at(id).headers[{job, job}] = made_header(job, job % 2 == id % 2 ? job_state::done : job_state::running);
  }
  bench.run_for(30s);
  CHECK(bench.at(1).headers.size() == 50);
  for (uint64_t id = 2; id <= 5; ++id)
    CHECK(bench.at(id).headers == bench.at(1).headers);
}

TEST_CASE("a node that lost everything has all that it owns again after a change of members") {
  repair_bench bench{4};
  std::set<segment_id> segments;
  for (uint32_t index = 0; index < 300; ++index) {
    const auto record = made_segment(1, index, index % 2 == 0);
    put_on_owners(bench, record);
    segments.insert(record.meta.id);
  }
  const auto owned = bench.at(3).segments.size();
  REQUIRE(owned > 100);
  bench.run_for(3s);
  CHECK(bench.bodies == 0); // nothing was missing
  bench.at(3).segments.clear();
  for (auto& [id, it] : bench.nodes)
    it.core->set_view(1, {node_id{1}, node_id{2}, node_id{3}, node_id{4}}, true, bench.now); // other ones than before
  bench.see_all();
  bench.run_for(5s);
  CHECK(bench.bodies == owned); // each travelled once
  CHECK(bench.at(3).segments.size() == owned);
  CHECK(bench.at(3).core->counters().fetched == owned);
  check_placed(bench, segments);
  for (auto& [id, it] : bench.nodes)
    CHECK(it.core->settled());
}

TEST_CASE("a node counts with how many others it has compared all, anew after each change of members") {
  repair_bench bench{4};
  CHECK(bench.at(1).core->compared() == 0);
  bench.at(4).is_cut = true;
  bench.run_for(5s);
  CHECK(bench.at(1).core->compared() == 2);
  CHECK_FALSE(bench.at(1).core->settled());
  bench.at(4).is_cut = false;
  bench.run_for(20s);
  CHECK(bench.at(1).core->compared() == 3);
  bench.at(1).core->attend(made_segment(1, 0, false).meta.id, bench.now); // it may lack something again
  CHECK(bench.at(1).core->compared() < 3);
  bench.run_for(5s);
  CHECK(bench.at(1).core->compared() == 3);
  for (uint64_t id = 1; id <= 3; ++id)
    bench.set_view(id, {node_id{1}, node_id{2}, node_id{3}});
  CHECK(bench.at(1).core->compared() == 0);
  bench.run_for(5s);
  CHECK(bench.at(1).core->compared() == 2);
}

TEST_CASE("results take the place of texts, and of two results the lesser hash wins everywhere") {
  repair_bench bench{3};
  for (uint64_t id = 1; id <= 3; ++id) {
    bench.put(id, made_segment(1, 0, id == 2, "a"));
    bench.put(id, made_segment(1, 1, true, std::to_string(id)));
  }
  bench.run_for(5s);
  check_placed(bench, {{{1, 1}, 0}, {{1, 1}, 1}});
  CHECK(bench.at(1).segments.at({{1, 1}, 0}).meta.stage == segment_stage::results);
}

TEST_CASE("what is kept without being owned goes to its owners, is dropped then and not before") {
  repair_bench bench{5};
  std::set<segment_id> segments;
  for (uint32_t index = 0; index < 100; ++index) {
    const auto record = made_segment(7, index, false);
    bench.put(1 + index % 5, record); // one copy, anywhere
    segments.insert(record.meta.id);
  }
  bench.at(5).is_cut = true;
  bench.run_for(20s);
  for (const auto& id : segments) {
    const auto owners = bench.owners_of(node_id{1}, id);
    if (!owners.contains(node_id{5}))
      continue;
    const auto holder = 1 + id.index % 5;
    CAPTURE(id.index);
    CHECK(bench.at(holder).segments.contains(id)); // its third owner has not answered
  }
  bench.at(5).is_cut = false;
  bench.run_for(60s);
  check_placed(bench, segments);
}

TEST_CASE("nothing is dropped while the owners have another view, while frozen, or with too few owners") {
  const auto record = made_segment(1, 0, false);
  for (const std::string how : {"other view", "frozen", "few"}) {
    CAPTURE(how);
    repair_bench bench{5};
    const auto owners = bench.owners_of(node_id{1}, record.meta.id);
    uint64_t holder = 1;
    while (owners.contains(node_id{holder}))
      ++holder;
    bench.put(holder, record);
    if (how == "frozen")
      bench.at(holder).core->freeze(true);
    if (how == "other view")
      for (const auto owner : owners)
        bench.set_view(static_cast<uint64_t>(owner), {owner, node_id{holder}});
    if (how == "few") // it sees one other node only, which sees the same
      for (const auto owner : {owners[0], node_id{holder}})
        bench.set_view(static_cast<uint64_t>(owner), {owners[0]});
    bench.run_for(30s);
    CHECK(bench.at(holder).segments.contains(record.meta.id));
    CHECK(bench.at(holder).core->counters().dropped == 0);
  }
}

TEST_CASE("a large difference comes in parts, within the limits of an answer and of the rate") {
  repair_bench bench{2, {.headers_max = 10, .metas_max = 20, .batch_segments = 4}};
  for (uint32_t index = 0; index < 500; ++index)
    bench.put(1, made_segment(1, index, false));
  for (uint64_t job = 1; job <= 300; ++job)
    bench.at(1).headers[{job, job}] = made_header(job);
  bench.run_for(60s);
  CHECK(bench.at(2).segments.size() == 500);
  CHECK(bench.at(2).headers.size() == 300);
  CHECK(bench.bodies == 500);

  repair_bench slow{2, {.batch_segments = 1, .bytes_per_second = 1'000}};
  const auto record = made_segment(1, 0, false, std::string(1'000, 'x'));
  for (uint32_t index = 0; index < 20; ++index)
    slow.put(1, made_segment(1, index, false, std::string(1'000, 'x')));
  slow.run_for(10s);
  CHECK(slow.at(2).segments.size() > 5);
  CHECK(slow.at(2).segments.size() < 11);
  slow.run_for(20s);
  CHECK(slow.at(2).segments.size() == 20);
}

TEST_CASE("segments of a removed job do not come back") {
  repair_bench bench{2};
  bench.put(1, made_segment(1, 0, true));
  bench.at(2).headers[{1, 1}] = made_header(1, job_state::removed);
  bench.run_for(1s + 500ms);
  CHECK(!bench.at(2).segments.contains({{1, 1}, 0}));
}

TEST_CASE("a copy whose bytes changed on the way is not taken, and is asked for again") {
  repair_bench bench{2};
  const auto record = made_segment(1, 0, true);
  bench.put(1, record);
  bench.at(1).spoils = true;
  bench.run_for(10s);
  CHECK(bench.bodies > 1);
  CHECK(bench.at(2).segments.empty());
  bench.at(1).spoils = false;
  bench.run_for(3s);
  CHECK(bench.at(2).segments.contains(record.meta.id));
}

TEST_CASE("a lost record is fetched soon, long before the period ends") {
  repair_bench bench{3};
  const auto record = made_segment(1, 0, true);
  put_on_owners(bench, record);
  bench.run_for(10s);
  bench.at(2).segments.clear();
  bench.run_for(30s);
  CHECK(bench.at(2).segments.empty());
  bench.at(2).core->attend(record.meta.id, bench.now);
  bench.run_for(3s);
  CHECK(bench.at(2).segments.size() == 1);
}

TEST_CASE("whatever is where, all owners have the best form of everything and nobody else has anything") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    const uint64_t nodes = 3 + random.below(4);
    repair_bench bench{nodes, {.batch_segments = 1 + random.below(8), .seed = seed}};
    std::set<segment_id> segments;
    std::map<segment_id, segment_meta> best;
    for (uint32_t index = 0; index < 60; ++index)
      for (uint32_t copy = 0; copy <= random.below(3); ++copy) {
        const auto record = made_segment(1 + index % 4, index, random.chance(0.3), std::to_string(random.below(3)));
        bench.put(1 + random.below(static_cast<uint32_t>(nodes)), record);
        segments.insert(record.meta.id);
      }
    for (auto& [id, it] : bench.nodes)
      for (const auto& [segment, record] : it.segments)
        if (const auto [found, is_new] = best.emplace(segment, record.meta);
            !is_new && supersedes(record.meta, found->second))
          found->second = record.meta;
    for (int second = 0; second < 20; ++second) { // cuts and other views come and go
      auto& it = bench.at(1 + random.below(static_cast<uint32_t>(nodes)));
      it.is_cut = random.chance(0.3);
      const auto viewer = 1 + random.below(static_cast<uint32_t>(nodes));
      std::set<node_id> view{node_id{viewer}};
      for (uint64_t id = 1; id <= nodes; ++id)
        if (random.chance(0.7))
          view.insert(node_id{id});
      bench.set_view(viewer, view);
      bench.run_for(1s);
      for (const auto& id : segments) { // the best form is always somewhere
        bool is_there = false;
        for (auto& [node, kept] : bench.nodes)
          is_there |= kept.segments.contains(id) && kept.segments.at(id).meta.hash == best.at(id).hash;
        CHECK(is_there);
      }
    }
    for (auto& [id, it] : bench.nodes)
      it.is_cut = false;
    bench.see_all();
    bench.run_for(30s);
    check_placed(bench, segments);
    for (const auto& id : segments)
      for (auto& [node, it] : bench.nodes)
        if (it.segments.contains(id))
          CHECK(it.segments.at(id).meta.hash == best.at(id).hash);
  }
}
