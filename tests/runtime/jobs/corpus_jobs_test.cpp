#include "runtime/corpus/corpus_codec.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"
#include "tests/runtime/jobs/fake_device_groups.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace weft;
using namespace weft::test;

namespace {

const corpus_options asked{.clusters = 5,
                           .iterations_max = 12,
                           .seed = 3,
                           .duplicate_similarity = 9'800,
                           .duplicate_group_items = 64,
                           .extract_tokens = 200};

void as_corpus(job_opening& opening) {
  opening.corpus = encode(asked);
}

/// Every `bad_each`-th has no vector; 0: all have.
std::vector<std::string> corpus_texts(size_t count, size_t bad_each = 0) {
  std::vector<std::string> out;
  for (size_t i = 0; i < count; ++i)
    out.push_back((bad_each > 0 && i % bad_each == bad_each - 1 ? "bad " : "text ") + std::to_string(i));
  return out;
}

/// The texts that have vectors, as items of a corpus, and where they are in the job.
struct plain_corpus {
  corpus_rows rows;
  std::vector<uint64_t> items;
};
plain_corpus plain(const std::vector<std::string>& texts) {
  plain_corpus out;
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto item = corpus_item(texts[i]);
    if (item.failed())
      continue;
    out.rows.dimensions = static_cast<uint32_t>(item.value.values.size());
    out.rows.items.push_back(static_cast<uint32_t>(out.items.size()));
    out.rows.values.insert(out.rows.values.end(), item.value.values.begin(), item.value.values.end());
    out.rows.tokens.push_back(item.value.tokens);
    out.items.push_back(i);
  }
  return out;
}

/// What one rank makes of them.
corpus_result clean_result(const std::vector<std::string>& texts) {
  auto ends = make_thread_group(1, 1);
  corpus_group group(*ends.front(), patient);
  corpus_run run(small_run(plain(texts).rows, asked));
  while (run.next() != corpus_step::done)
    REQUIRE(run.step(group));
  return run.outcome();
}

job_state state_of(jobs_world& world, size_t i, job_id id) {
  const auto header = world.header(i, id);
  return header ? header->state : job_state::pending;
}

bool has_ended(jobs_world& world, size_t i, job_id id) {
  return is_end(state_of(world, i, id));
}

size_t first_up(const jobs_world& world) {
  size_t i = 0;
  while (!const_cast<jobs_world&>(world).at(i).up)
    ++i;
  return i;
}

result<corpus_reading> read_corpus(jobs_world& world, size_t i, job_id id) {
  const auto question = world.read_corpus(i, id);
  REQUIRE(world.run_until([&] { return world.at(i).corpora.contains(question); }, 30s));
  return world.at(i).corpora.at(question);
}

/// Reads it on each node that is up.
void check_outcome(jobs_world& world, job_id id, const std::vector<std::string>& texts) {
  const auto clean = clean_result(texts);
  const auto [rows, items] = plain(texts);
  for (size_t i = 0; i < world.size(); ++i) {
    if (!world.at(i).up)
      continue;
    CAPTURE(i);
    const auto reading = read_corpus(world, i, id);
    if (!reading)
      FAIL(reading.error().message);
    CHECK(is_end(reading->job.header.state));
    const auto outcome = decode_corpus_outcome(reading->outcome);
    REQUIRE(outcome);
    REQUIRE(outcome->result);
    CHECK(*outcome->result == clean);
    CHECK(outcome->model_version == "1");
    CHECK(outcome->gaps.items_total() == texts.size());
    CHECK(outcome->gaps.embedded() == items.size());
    REQUIRE(reading->representatives.size() == clean.clusters.size());
    for (size_t c = 0; c < clean.clusters.size(); ++c)
      CHECK(reading->representatives[c] == texts[items[clean.clusters[c].representative]]);
    REQUIRE(reading->extract.size() == clean.extract.size());
    for (size_t p = 0; p < clean.extract.size(); ++p)
      CHECK(reading->extract[p] == texts[items[clean.extract[p].item]]);
  }
}

std::optional<corpus_standing> standing(jobs_world& world, job_id id, size_t* leader = nullptr) {
  for (size_t i = 0; i < world.size(); ++i) {
    if (!world.at(i).up)
      continue;
    const auto known = world.core(i).get(world.question(id), world.now());
    if (!known || !known->corpus)
      continue;
    if (leader)
      *leader = i;
    return known->corpus;
  }
  return std::nullopt;
}

/// Runs until the job's corpus is in this phase, a few steps on where it runs.
bool run_to(jobs_world& world, job_id id, std::string_view phase, size_t* leader = nullptr) {
  return world.run_until(
      [&] {
        const auto now = standing(world, id, leader);
        return now && now->phase == phase && (phase != "running" || now->iteration >= 2);
      },
      60s);
}

} // namespace

TEST_CASE("a corpus job over three nodes ends with the result of one rank, read on each of them with its texts") {
  jobs_world world{3};
  fake_device_groups devices{world};
  const auto texts = corpus_texts(1'500);
  REQUIRE(world.submit(1, "r", texts, as_corpus));
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 2, id); }, 60s));
  CHECK(state_of(world, 2, id) == job_state::done);
  CHECK(world.header(2, id)->progress.items_done == 1'500);
  CHECK(world.header(2, id)->progress.items_failed == 0);
  check_outcome(world, id, texts);
  CHECK(world.copies({id, attached_index(attached_kind::outcome, 0)}) == 3);
  CHECK(devices.segments_fed() == 6); // each by one rank
  CHECK(devices.steps() > 10);
  // Nobody leads it any more, or remembers its vectors.
  CHECK(world.run_until([&] { return devices.remembered() == 0 && !standing(world, id); }, 10s));
  CHECK(world.read_all(0, id).size() == 6);
}

TEST_CASE("one node is a corpus's only rank") {
  auto options = jobs_world::default_options();
  options.single_node = true;
  jobs_world world{1, options};
  fake_device_groups devices{world};
  const auto texts = corpus_texts(300);
  REQUIRE(world.submit(0, "r", texts, as_corpus));
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 60s));
  check_outcome(world, id, texts);
}

TEST_CASE("items without a vector are left out of the corpus, and the job is done with failures") {
  jobs_world world{3};
  fake_device_groups devices{world};
  const auto texts = corpus_texts(700, 9);
  REQUIRE(world.submit(0, "r", texts, as_corpus));
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 60s));
  CHECK(state_of(world, 0, id) == job_state::done_with_failures);
  CHECK(world.header(0, id)->progress.items_failed == 77);
  check_outcome(world, id, texts);
}

TEST_CASE("a corpus without any vector ends with the reason as its outcome") {
  jobs_world world{3};
  fake_device_groups devices{world};
  REQUIRE(world.submit(0, "r", corpus_texts(20, 1), as_corpus));
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 60s));
  CHECK(state_of(world, 0, id) == job_state::done_with_failures);
  const auto reading = read_corpus(world, 2, id);
  REQUIRE(reading);
  const auto outcome = decode_corpus_outcome(reading->outcome);
  REQUIRE(outcome);
  CHECK(!outcome->result);
  CHECK(outcome->why == errc::empty_call);
  CHECK(reading->representatives.empty());
}

TEST_CASE("an engine that fails each time ends the job with its reason, not without an end") {
  jobs_world world{3};
  fake_device_groups devices{world};
  devices.engine_fails_at = corpus_step::seeds;
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
      fake_device_groups devices{world};
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

TEST_CASE("when all nodes start anew the corpus goes on from the checkpoint that was kept") {
  jobs_world world{3};
  fake_device_groups devices{world};
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
  fake_device_groups reference{untroubled};
  REQUIRE(untroubled.submit(0, "r", texts, as_corpus));
  REQUIRE(untroubled.run_until([&] { return has_ended(untroubled, 0, id); }, 300s));
  CHECK(devices.steps() - before < reference.steps()); // not from the beginning
}

TEST_CASE("a job that is cancelled while its corpus runs is forgotten by all, and has no outcome") {
  jobs_world world{3};
  fake_device_groups devices{world};
  REQUIRE(world.submit(0, "r", corpus_texts(600), as_corpus));
  const auto id = world.id_of("r");
  REQUIRE(run_to(world, id, "running"));
  world.cancel(2, id);
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 10s));
  CHECK(world.run_until([&] { return devices.remembered() == 0 && !standing(world, id); }, 20s));
  CHECK(state_of(world, 0, id) == job_state::cancelled);
  const auto reading = read_corpus(world, 1, id);
  REQUIRE(!reading);
  CHECK(reading.error().code == errc::cancelled);
}

TEST_CASE("a node that drains leads nothing and takes no part; the others end the job") {
  jobs_world world{4};
  fake_device_groups devices{world};
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

TEST_CASE("the outcome is removed with its job, and copied anew where a node is gone") {
  auto options = jobs_world::default_options();
  options.retention_min = 1'000ms;
  jobs_world world{5, options};
  fake_device_groups devices{world};
  const auto texts = corpus_texts(600);
  REQUIRE(world.submit(0, "r", texts, [](job_opening& opening) {
    as_corpus(opening);
    opening.retention = 120'000ms;
  }));
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 60s));
  const segment_id part{id, attached_index(attached_kind::outcome, 0)};
  REQUIRE(world.run_until([&] { return world.copies(part) == 3; }, 10s));
  size_t holder = 0;
  while (!world.at(holder).segments.contains(part))
    ++holder;
  world.kill(holder);
  world.tell_members();
  CHECK(world.run_until([&] { return world.copies(part) == 4; }, 60s)); // with that of the dead one
  check_outcome(world, id, texts);
  world.start(holder);
  world.tell_members();
  const auto is_gone = [&] {
    for (size_t i = 0; i < 5; ++i)
      for (const auto& [segment, record] : world.at(i).segments)
        if (segment.job == id)
          return false;
    return true;
  };
  CHECK(world.run_until(is_gone, 300s));
  const auto reading = read_corpus(world, first_up(world), id);
  REQUIRE(!reading);
  CHECK(reading.error().code == errc::job_removed);
}

TEST_CASE("who asks for the outcome of another job, or too early, hears why not") {
  jobs_world world{3};
  fake_device_groups devices{world};
  REQUIRE(world.submit(0, "plain", corpus_texts(10)));
  REQUIRE(world.submit(0, "r", corpus_texts(1'000), as_corpus));
  for (const auto* request : {"plain", "r"}) {
    CAPTURE(request);
    const auto reading = read_corpus(world, 1, world.id_of(request));
    REQUIRE(!reading);
    CHECK(reading.error().code == errc::invalid_argument);
  }
  CHECK(read_corpus(world, 1, world.id_of("nobody's")).error().code == errc::unknown_job);
}
