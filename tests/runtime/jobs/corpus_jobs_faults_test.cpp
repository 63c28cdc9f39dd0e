#include "runtime/base/random_source.hpp"
#include "tests/runtime/jobs/corpus_job_checks.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace weft;
using namespace weft::test;

namespace {

/// Five nodes die, come back and lose each other; in the end all are there.
void make_trouble(jobs_world& world, random_source& draw, int times) {
  for (int trouble = 0; trouble < times; ++trouble) {
    world.advance(std::chrono::milliseconds{10 + draw.below(2'500)});
    const auto node = draw.below(5), other = draw.below(5);
    size_t up = 0;
    for (size_t i = 0; i < 5; ++i)
      up += world.at(i).up;
    if (!world.at(node).up)
      world.start(node);
    else if (draw.chance(0.4) && up > 3)
      world.kill(node);
    else if (draw.chance(0.5) && node != other)
      world.cut(node, other);
    else
      world.heal();
    if (draw.chance(0.3)) // nobody has noticed yet
      world.advance(std::chrono::milliseconds{draw.below(1'000)});
    world.tell_members();
  }
  world.heal();
  for (size_t i = 0; i < 5; ++i)
    if (!world.at(i).up)
      world.start(i);
  world.tell_members();
}

/// As every node knows it.
bool have_all_ended(jobs_world& world, const std::vector<job_id>& ids) {
  for (const auto id : ids)
    for (size_t i = 0; i < world.size(); ++i)
      if (!has_ended(world, i, id))
        return false;
  return true;
}

} // namespace

TEST_CASE("an engine that fails each time ends the job with its reason, not without an end") {
  jobs_world world{3};
  jobs_world_devices devices{world};
  devices.engine_fails = [](job_id, corpus_step next) { return next >= corpus_step::seeds; };
  REQUIRE(world.submit(0, "r", corpus_texts(300), as_corpus));
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 300s));
  CHECK(state_of(world, 0, id) == job_state::done_with_failures);
  const auto reading = read_corpus(world, 1, id);
  REQUIRE(reading);
  const auto outcome = decode_corpus_outcome(reading->outcome);
  REQUIRE(outcome);
  CHECK(outcome->why == errc::engine_failed);
}

TEST_CASE("a node that dies while vectors are loaded, ranks run or the outcome is kept changes nothing of it") {
  const auto texts = corpus_texts(1'500, 11);
  for (const auto* phase : {"loading", "running", "keeping"})
    for (const bool is_leader : {false, true}) {
      CAPTURE(phase);
      CAPTURE(is_leader);
      jobs_world world{3};
      jobs_world_devices devices{world};
      REQUIRE(world.submit(0, "r", texts, as_corpus));
      const auto id = world.id_of("r");
      size_t leader = 0;
      REQUIRE(run_to(world, id, phase, &leader));
      world.kill(is_leader ? leader : (leader + 1) % 3);
      world.advance(1s); // until the others know it
      world.tell_members();
      REQUIRE(world.run_until([&] { return has_ended(world, first_up(world), id); }, 120s));
      CHECK(state_of(world, first_up(world), id) == job_state::done_with_failures);
      check_outcome(world, id, texts);
    }
}

TEST_CASE("a node where no epoch may begin is done without, as others have copies of its share, until one may") {
  jobs_world world{3};
  jobs_world_devices devices{world};
  const auto texts = corpus_texts(1'500);
  const auto ranks_of = [&](const char* request) {
    REQUIRE(world.submit(0, request, texts, as_corpus));
    const auto id = world.id_of(request);
    REQUIRE(run_to(world, id, "running"));
    const auto now = standing(world, id);
    REQUIRE(now);
    const auto ranks = now->ranks;
    REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 60s));
    check_outcome(world, id, texts);
    return ranks;
  };
  CHECK(ranks_of("before") == 3);
  devices.hang(1);
  CHECK(ranks_of("while") == 2);
  devices.come_back(1);
  CHECK(ranks_of("after") == 3);
}

TEST_CASE("when all nodes start anew the corpus goes on from the checkpoint that was kept") {
  jobs_world world{3};
  jobs_world_devices devices{world};
  devices.step_time = 1'000ms;
  const auto texts = corpus_texts(1'500);
  REQUIRE(world.submit(0, "r", texts, as_corpus));
  const auto id = world.id_of("r");
  const auto is_kept = [&] {
    return std::max(world.copies({id, attached_index(attached_kind::checkpoint_a, 0)}),
                    world.copies({id, attached_index(attached_kind::checkpoint_b, 0)})) == 3;
  };
  REQUIRE(world.run_until(is_kept, 60s));
  const auto before = devices.steps();
  for (size_t i = 0; i < 3; ++i)
    world.kill(i);
  for (size_t i = 0; i < 3; ++i)
    world.start(i);
  world.tell_members();
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 300s));
  check_outcome(world, id, texts);
  jobs_world untroubled{3};
  jobs_world_devices reference{untroubled};
  REQUIRE(untroubled.submit(0, "r", texts, as_corpus));
  REQUIRE(untroubled.run_until([&] { return has_ended(untroubled, 0, id); }, 300s));
  CHECK(devices.steps() - before < reference.steps()); // not from the beginning
}

TEST_CASE("a node that drains leads nothing and takes no part; the others end the job") {
  jobs_world world{4};
  jobs_world_devices devices{world};
  const auto texts = corpus_texts(1'500);
  REQUIRE(world.submit(0, "r", texts, as_corpus));
  const auto id = world.id_of("r");
  size_t leader = 0;
  REQUIRE(run_to(world, id, "running", &leader));
  world.core(leader).drain(world.now());
  world.advance(2s);
  world.kill(leader);
  world.tell_members();
  REQUIRE(world.run_until([&] { return has_ended(world, first_up(world), id); }, 120s));
  check_outcome(world, id, texts);
}

TEST_CASE("results that a rank's disk has lost are loaded from another node, and the outcome is the same") {
  jobs_world world{3};
  jobs_world_devices devices{world};
  const auto texts = corpus_texts(1'500);
  REQUIRE(world.submit(0, "r", texts, as_corpus));
  const auto id = world.id_of("r");
  const auto results = [&] {
    size_t out = 0;
    for (size_t i = 0; i < 3; ++i)
      for (const auto& [segment, record] : world.at(i).segments)
        out += !is_attached(segment.index) && record.meta.stage == segment_stage::results;
    return out;
  };
  REQUIRE(world.run_until([&] { return results() == 18; }, 60s));
  REQUIRE(!standing(world, id));
  for (uint32_t s = 0; s < 6; ++s)
    for (const auto lost : {s % 3, (s + 1) % 3}) // so that its rank has lost some, whoever loads what
      world.at(lost).segments.erase({id, s});
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 60s));
  check_outcome(world, id, texts);
  CHECK(world.run_until([&] { return results() > 6; }, 60s)); // and what was missed is copied anew
}

TEST_CASE("whatever dies, comes back or is cut off while a corpus is made, its outcome is that of one rank") {
  const auto texts = corpus_texts(1'200, 10);
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    random_source draw{seed};
    jobs_world world{5};
    jobs_world_devices devices{world};
    devices.step_time = std::chrono::milliseconds{20 + draw.below(400)};
    REQUIRE(world.submit(0, "r", texts, as_corpus));
    const auto id = world.id_of("r");
    make_trouble(world, draw, 12);
    REQUIRE(world.run_until([&] { return have_all_ended(world, {id}); }, 300s));
    CHECK(state_of(world, 0, id) == job_state::done_with_failures);
    check_outcome(world, id, texts);
    CHECK(world.run_until([&] { return devices.remembered() == 0 && !standing(world, id); }, 180s));
  }
}

TEST_CASE("many corpora beside each other, more than nodes have room for, all come to their end whatever happens") {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    random_source draw{seed};
    auto options = jobs_world::default_options();
    options.corpus_part.corpora_max = 1 + draw.below(3);
    jobs_world world{5, options};
    jobs_world_devices devices{world};
    devices.step_time = std::chrono::milliseconds{20 + draw.below(200)};
    std::vector<job_id> ids;
    for (size_t j = 0; j < 9; ++j) {
      const auto request = "r" + std::to_string(j);
      REQUIRE(world.submit(j % 5, request, corpus_texts(600 + 40 * j, 10), as_corpus));
      ids.push_back(world.id_of(request));
    }
    make_trouble(world, draw, 12);
    REQUIRE(world.run_until([&] { return have_all_ended(world, ids); }, 20min));
    for (size_t j = 0; j < 9; ++j) {
      CAPTURE(j);
      CHECK(state_of(world, 0, ids[j]) == job_state::done_with_failures);
      if (j % 4 == seed % 4)
        check_outcome(world, ids[j], corpus_texts(600 + 40 * j, 10));
    }
    CHECK(world.run_until([&] { return devices.remembered() == 0; }, 180s));
  }
}
