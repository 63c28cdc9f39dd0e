// Corpora on nodes that compute in several numeric classes, as machines of different kinds do by `precision = auto`.
// A call that names a class is passed on to a node that has it (actors/router): here the engine of the world does so.

#include "runtime/corpus_job/corpus_terms.hpp"
#include "tests/runtime/jobs/corpus_job_checks.hpp"

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <map>
#include <string>
#include <vector>

using namespace weft;
using namespace weft::test;

namespace {

constexpr std::array classes{numeric_class::bf16, numeric_class::int16, numeric_class::fp32};

/// A corpus in the class of node `i`.
std::function<void(job_opening&)> corpus_of(size_t i) {
  return [i](job_opening& opening) {
    as_corpus(opening);
    opening.precision = classes.at(i);
  };
}

/// Three nodes, each of another class.
struct mixed_world {
  jobs_world world{3};
  jobs_world_devices devices{world};
  std::map<size_t, uint32_t> own_first; ///< runs of a node that are computed in its own class all the same
  bool is_class_there = true;           ///< of a job that has one

  mixed_world() {
    world.engine = [this, usual = world.engine](size_t node, const segment_texts& work,
                                                const std::vector<uint32_t>& items) -> run_outcome {
      const auto wanted = class_of(work.spec);
      if (wanted && !is_class_there)
        return failure{errc::other_identity, "no node that is there computes in it"};
      auto out = usual(node, work, items);
      auto& own = own_first[node];
      out->precision = wanted && own == 0 ? *wanted : classes.at(node);
      own -= own > 0;
      return out;
    };
  }

  numeric_class class_of_outcome(job_id id) {
    REQUIRE(world.run_until([&] { return has_ended(world, 1, id); }));
    const auto reading = read_corpus(world, 1, id);
    REQUIRE(reading);
    const auto outcome = decode_corpus_outcome(reading->outcome);
    REQUIRE(outcome);
    REQUIRE(outcome->result);
    return outcome->precision;
  }
};

} // namespace

TEST_CASE("a corpus has the numeric class of the node that took it, on whichever nodes its texts are embedded") {
  for (size_t node = 0; node < classes.size(); ++node) {
    CAPTURE(node);
    mixed_world mixed;
    for (size_t i = 0; i < 3; ++i)
      mixed.own_first[i] = 3; // their calls were on the way while the model was opened in another class
    auto& world = mixed.world;
    const auto texts = corpus_texts(1'500);
    REQUIRE(world.submit(node, "r", texts, corpus_of(node)));
    const auto id = world.id_of("r");
    REQUIRE(world.run_until([&] { return has_ended(world, 2, id); }, 120s));
    CHECK(state_of(world, 2, id) == job_state::done);
    CHECK(mixed.class_of_outcome(id) == classes.at(node));
    check_outcome(world, id, texts);
  }
}

TEST_CASE("whoever takes a corpus job up again, on a node of another class, goes on in the class that it has") {
  mixed_world mixed;
  auto& world = mixed.world;
  const auto texts = corpus_texts(600);
  const auto first = world.open(0, "r", corpus_of(0));
  REQUIRE(world.run_until([&] { return world.at(0).submissions[first].opened.has_value(); }));
  world.append(0, first, {texts.begin(), texts.begin() + 300});
  REQUIRE(world.run_until([&] { return world.at(0).submissions[first].durable >= 256; }));
  world.abandon(0, first);
  REQUIRE(world.submit(1, "r", texts, corpus_of(1)));
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 2, id); }, 120s));
  CHECK(mixed.class_of_outcome(id) == classes[0]);
  check_outcome(world, id, texts);
}

TEST_CASE("where two nodes of two classes take one corpus job at once, it has one of them, and ends") {
  mixed_world mixed;
  auto& world = mixed.world;
  const auto texts = corpus_texts(600);
  std::map<size_t, uint64_t> submissions;
  for (const size_t node : {0, 1})
    submissions[node] = world.open(node, "r", corpus_of(node));
  for (const auto& [node, number] : submissions)
    REQUIRE(world.run_until([&, i = node, n = number] { return world.at(i).submissions[n].opened.has_value(); }));
  for (const auto& [node, number] : submissions) {
    world.append(node, number, texts);
    world.complete(node, number);
  }
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 2, id); }, 120s));
  CHECK(state_of(world, 2, id) == job_state::done);
  const auto kept = class_of(world.header(2, id)->spec);
  REQUIRE(kept);
  CHECK(mixed.class_of_outcome(id) == *kept);
  check_outcome(world, id, texts);
}

TEST_CASE("a retry goes on in the class of its job, where the model is not open too") {
  mixed_world mixed;
  auto& world = mixed.world;
  const auto texts = corpus_texts(300);
  REQUIRE(world.submit(0, "r", texts, corpus_of(0)));
  const auto id = world.id_of("r");
  CHECK(world.submit(2, "r", texts, [](job_opening& opening) {
    as_corpus(opening);
    opening.precision.reset();
  }));
  CHECK(world.id_of("r") == id);
  CHECK(mixed.class_of_outcome(id) == classes[0]);
}

TEST_CASE("while nobody is there who computes in its class a corpus waits, and other jobs do not") {
  mixed_world mixed;
  auto& world = mixed.world;
  mixed.is_class_there = false;
  const auto texts = corpus_texts(150 * 256); // on each node more segments than wait elsewhere at most
  REQUIRE(world.submit(0, "r", texts, corpus_of(0)));
  world.advance(5s);
  REQUIRE(world.submit(1, "plain", some_texts(2'000)));
  const auto plain_job = world.id_of("plain"), id = world.id_of("r");
  CHECK(world.run_until([&] { return has_ended(world, 1, plain_job); }, 20s));
  CHECK(state_of(world, 1, plain_job) == job_state::done);
  CHECK_FALSE(has_ended(world, 0, id));
  CHECK(world.header(0, id)->progress.items_failed == 0);
  mixed.is_class_there = true;
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 10min));
  CHECK(state_of(world, 0, id) == job_state::done);
  CHECK(mixed.class_of_outcome(id) == classes[0]);
}
