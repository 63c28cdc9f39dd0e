#include "tests/runtime/jobs/corpus_job_checks.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace weft::test;

TEST_CASE("a corpus job over three nodes ends with the result of one rank, read on each of them with its texts") {
  jobs_world world{3};
  jobs_world_devices devices{world};
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
  jobs_world_devices devices{world};
  const auto texts = corpus_texts(300);
  REQUIRE(world.submit(0, "r", texts, as_corpus));
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 60s));
  check_outcome(world, id, texts);
}

TEST_CASE("items without a vector are left out of the corpus, and the job is done with failures") {
  jobs_world world{3};
  jobs_world_devices devices{world};
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
  jobs_world_devices devices{world};
  REQUIRE(world.submit(0, "r", corpus_texts(20, 1), as_corpus));
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 60s));
  CHECK(state_of(world, 0, id) == job_state::done_with_failures);
  const auto reading = read_corpus(world, 2, id);
  REQUIRE(reading);
  const auto outcome = decode_corpus_outcome(reading->outcome);
  REQUIRE(outcome);
  CHECK(!outcome->result);
  CHECK(outcome->why == errc::invalid_argument);
  CHECK(reading->representatives.empty());
}

TEST_CASE("a job that is cancelled while its corpus runs is forgotten by all, and has no outcome") {
  jobs_world world{3};
  jobs_world_devices devices{world};
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

TEST_CASE("the outcome is removed with its job, and copied anew where a node is gone") {
  auto options = jobs_world::default_options();
  options.retention_min = 1'000ms;
  jobs_world world{5, options};
  jobs_world_devices devices{world};
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

TEST_CASE("a share of many megabytes is loaded a few records at a time") {
  auto options = jobs_world::default_options();
  options.single_node = true;
  jobs_world world{1, options};
  jobs_world_devices devices{world};
  std::vector<std::string> texts;
  for (size_t i = 0; i < 200; ++i)
    texts.push_back("text " + std::to_string(i) + std::string(200'000, 'x')); // 5 in a segment
  REQUIRE(world.submit(0, "r", texts, as_corpus));
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 60s));
  CHECK(devices.segments_fed() == 40);
  CHECK(devices.largest_feed() > 1 << 20);
  CHECK(devices.largest_feed() <= 8 << 20);
  check_outcome(world, id, texts);
}

TEST_CASE("who asks for the outcome of another job, or too early, hears why not") {
  jobs_world world{3};
  jobs_world_devices devices{world};
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

TEST_CASE("a corpus job that is not done in time expires, and everybody forgets its vectors") {
  jobs_world world{3};
  jobs_world_devices devices{world};
  devices.step_time = 1'000ms;
  REQUIRE(world.submit(0, "r", corpus_texts(600), [](job_opening& opening) {
    as_corpus(opening);
    opening.expires_in = 6'000ms;
  }));
  const auto id = world.id_of("r");
  REQUIRE(run_to(world, id, "running"));
  REQUIRE(world.run_until([&] { return has_ended(world, 1, id); }, 30s));
  CHECK(state_of(world, 1, id) == job_state::expired);
  CHECK(world.run_until([&] { return devices.remembered() == 0 && !standing(world, id); }, 20s));
}

TEST_CASE("the same request id with another question about the corpus is another job, and refused") {
  jobs_world world{3};
  jobs_world_devices devices{world};
  const auto texts = corpus_texts(40);
  REQUIRE(world.submit(0, "r", texts, as_corpus));
  CHECK(world.submit(1, "r", texts, as_corpus)); // the same once more
  const auto other = [](job_opening& opening) { opening.corpus = encode(corpus_options{.clusters = 9}); };
  CHECK(!world.submit(1, "r", texts, other));
  CHECK(!world.submit(1, "r", texts));
}

TEST_CASE("many corpora at once all come to their end, though each node has room for two") {
  auto options = jobs_world::default_options();
  options.corpus_part.corpora_max = 2;
  jobs_world world{3, options};
  jobs_world_devices devices{world};
  constexpr size_t jobs = 24;
  for (size_t j = 0; j < jobs; ++j)
    REQUIRE(world.submit(j % 3, "r" + std::to_string(j), corpus_texts(600 + j), as_corpus));
  const auto all_ended = [&] {
    for (size_t j = 0; j < jobs; ++j)
      if (!has_ended(world, 0, world.id_of("r" + std::to_string(j))))
        return false;
    return true;
  };
  CHECK(world.run_until(all_ended, 20min));
  for (size_t j = 0; j < jobs; ++j) {
    const auto id = world.id_of("r" + std::to_string(j));
    CAPTURE(j);
    CHECK(state_of(world, 0, id) == job_state::done);
    if (j % 6 == 0)
      check_outcome(world, id, corpus_texts(600 + j));
  }
  CHECK(world.run_until([&] { return devices.remembered() == 0; }, 60s));
}

TEST_CASE("every node tells how far a corpus is, and why it had to begin again") {
  jobs_world world{3};
  jobs_world_devices devices{world};
  devices.step_time = 300ms;
  REQUIRE(world.submit(0, "r", corpus_texts(900), as_corpus));
  const auto id = world.id_of("r");
  size_t leader = 0;
  REQUIRE(run_to(world, id, "running", &leader));
  const auto look = [&](size_t i) {
    const auto question = world.look(i, id);
    REQUIRE(world.run_until([&] { return world.at(i).cancels.contains(question); }, 5s));
    const auto& told = world.at(i).cancels.at(question);
    REQUIRE(told);
    return told->corpus;
  };
  for (size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    const auto told = look(i);
    REQUIRE(told);
    CHECK(told->phase == "running");
    CHECK(told->step == "iterations");
    CHECK(told->ranks == 3);
    CHECK(told->last_break.empty());
  }
  const auto lost = (leader + 1) % 3, other = (leader + 2) % 3;
  world.kill(lost);
  world.tell_members();
  REQUIRE(run_to(world, id, "running"));
  const auto told = look(other);
  REQUIRE(told);
  CHECK(told->last_break == "UNAVAILABLE: a node that took part is gone");
  world.cut(other, leader); // who leads does not answer: then that is not known
  CHECK(!look(other));
}

TEST_CASE("an outcome with more text than fits an answer is read, its longest texts cut") {
  auto options = jobs_world::default_options();
  options.single_node = true;
  jobs_world world{1, options};
  jobs_world_devices devices{world};
  std::vector<std::string> texts;
  for (size_t i = 0; i < 80; ++i)
    texts.push_back("text " + std::to_string(i) + " " + std::string(i < 4 ? 20 : 1'000'000, 'x'));
  REQUIRE(world.submit(0, "r", texts, [](job_opening& opening) {
    opening.corpus = encode(corpus_options{.clusters = 5, .duplicate_similarity = 0, .extract_tokens = 1'000'000});
  }));
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 120s));
  const auto reading = read_corpus(world, 0, id);
  REQUIRE(reading);
  REQUIRE(reading->extract.size() == 80);
  uint64_t bytes = 0;
  for (size_t i = 0; i < 80; ++i) {
    CAPTURE(i);
    const auto& text = reading->extract[i];
    bytes += text.size();
    CHECK(text.ends_with(cut_mark) == (i >= 4));
    CHECK(texts[i].starts_with(text.substr(0, text.size() - (i >= 4 ? cut_mark.size() : 0))));
  }
  CHECK(bytes > 60 << 20);
  CHECK(bytes <= (64 << 20) + 80 * cut_mark.size());
  for (const auto& text : reading->representatives)
    CHECK(text.size() <= 4'096 + cut_mark.size());
}
