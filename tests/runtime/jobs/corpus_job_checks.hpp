#pragma once

#include "runtime/base/shorten.hpp"
#include "runtime/corpus/corpus_codec.hpp"
#include "tests/runtime/jobs/jobs_world_devices.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft::test {

inline const corpus_options asked_of_it{.clusters = 5,
                                        .iterations_max = 12,
                                        .seed = 3,
                                        .duplicate_similarity = 9'800,
                                        .duplicate_group_items = 64,
                                        .extract_tokens = 200};

inline void as_corpus(job_opening& opening) {
  opening.corpus = encode(asked_of_it);
}

/// Every `bad_each`-th has no vector; 0: all have.
inline std::vector<std::string> corpus_texts(size_t count, size_t bad_each = 0) {
  std::vector<std::string> out;
  for (size_t i = 0; i < count; ++i)
    out.push_back((bad_each > 0 && i % bad_each == bad_each - 1 ? "bad " : "text ") + std::to_string(i));
  return out;
}

/// What one rank makes of them.
inline corpus_result clean_result(const std::vector<std::string>& texts) {
  auto out = run_alone(small_run(plain(texts).rows, asked_of_it));
  REQUIRE(out);
  return *std::move(out);
}

inline job_state state_of(jobs_world& world, size_t i, job_id id) {
  const auto header = world.header(i, id);
  return header ? header->state : job_state::pending;
}

inline bool has_ended(jobs_world& world, size_t i, job_id id) {
  return is_end(state_of(world, i, id));
}

inline size_t first_up(jobs_world& world) {
  size_t i = 0;
  while (!world.at(i).up)
    ++i;
  return i;
}

inline result<corpus_reading> read_corpus(jobs_world& world, size_t i, job_id id) {
  const auto question = world.read_corpus(i, id);
  REQUIRE(world.run_until([&] { return world.at(i).corpora.contains(question); }, 30s));
  return world.at(i).corpora.at(question);
}

/// Reads it on each node that is up.
inline void check_outcome(jobs_world& world, job_id id, const std::vector<std::string>& texts) {
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
      CHECK(reading->representatives[c] == shortened(texts[items[clean.clusters[c].representative]], 4'096));
    REQUIRE(reading->extract.size() == clean.extract.size());
    for (size_t p = 0; p < clean.extract.size(); ++p)
      CHECK(reading->extract[p] == texts[items[clean.extract[p].item]]);
  }
}

inline std::optional<corpus_standing> standing(jobs_world& world, job_id id, size_t* leader = nullptr) {
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
inline bool run_to(jobs_world& world, job_id id, std::string_view phase, size_t* leader = nullptr) {
  return world.run_until(
      [&] {
        const auto now = standing(world, id, leader);
        return now && now->phase == phase && (phase != "running" || now->iteration >= 2);
      },
      60s);
}

} // namespace weft::test
