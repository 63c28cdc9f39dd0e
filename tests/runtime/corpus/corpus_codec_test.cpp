#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/job/record_bytes.hpp"
#include "tests/runtime/corpus/random_checkpoints.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <set>
#include <string>
#include <xxhash.h>

using namespace weft;
using namespace weft::test;

namespace {

/// Reads bytes as one kind of record and writes it again.
using reread = std::function<result<std::string>(std::string_view)>;

result<std::string> again_checkpoint(std::string_view bytes) {
  const auto read = decode_corpus_checkpoint(bytes);
  if (!read)
    return read.error();
  return encode(*read);
}
result<std::string> again_result(std::string_view bytes) {
  const auto read = decode_corpus_result(bytes);
  if (!read)
    return read.error();
  return encode(*read);
}

result<std::string> again_options(std::string_view bytes) {
  const auto read = decode_corpus_options(bytes);
  if (!read)
    return read.error();
  return encode(*read);
}

void check_refused(const result<std::string>& outcome) {
  REQUIRE(!outcome);
  CHECK(outcome.error().code == errc::state_damaged);
  CHECK(!outcome.error().message.empty());
}

/// With a checksum that is right, so that the fields are looked at.
std::string sealed(std::string body) {
  record_writer sum;
  sum.put(uint64_t{XXH3_64bits(body.data(), body.size())});
  return body + sum.take();
}
std::string body_of(const std::string& bytes) {
  return bytes.substr(0, bytes.size() - 8);
}

struct codec {
  const char* name;
  reread again;
  std::function<std::string(random_checkpoints&)> some;
};

const std::vector<codec>& codecs() {
  static const std::vector<codec> all{
      {"checkpoint", again_checkpoint, [](auto& random) { return encode(random.checkpoint()); }},
      {"result", again_result, [](auto& random) { return encode(random.outcome()); }},
      {"options", again_options, [](auto& random) { return encode(random.checkpoint().options); }}};
  return all;
}

} // namespace

TEST_CASE("checkpoints, their options and results come back as they were") {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    random_checkpoints random{seed};
    const auto checkpoint = random.checkpoint();
    const auto read = decode_corpus_checkpoint(encode(checkpoint));
    REQUIRE(read);
    CHECK(*read == checkpoint);
    const auto read_options = decode_corpus_options(encode(checkpoint.options));
    REQUIRE(read_options);
    CHECK(*read_options == checkpoint.options);
    const auto outcome = random.outcome();
    const auto read_outcome = decode_corpus_result(encode(outcome));
    REQUIRE(read_outcome);
    CHECK(*read_outcome == outcome);
  }
}

TEST_CASE("what is cut anywhere is refused, with and without a checksum that is right") {
  for (const auto& [name, again, some] : codecs())
    for (uint64_t seed = 0; seed < 20; ++seed) {
      CAPTURE(name);
      CAPTURE(seed);
      random_checkpoints random{seed};
      const auto bytes = some(random);
      for (size_t size = 0; size < bytes.size(); ++size)
        check_refused(again(std::string_view(bytes).substr(0, size)));
      const auto body = body_of(bytes);
      for (size_t size = 0; size < body.size(); ++size)
        check_refused(again(sealed(body.substr(0, size))));
      check_refused(again(sealed(body + '\0')));
      check_refused(again(bytes + '\0'));
    }
}

TEST_CASE("a bit that flipped is noticed") {
  for (const auto& [name, again, some] : codecs()) {
    CAPTURE(name);
    random_checkpoints random{7};
    const auto bytes = some(random);
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      auto flipped = bytes;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      check_refused(again(flipped));
    }
  }
}

TEST_CASE("whatever has a checksum that is right is refused, or is exactly what would be written") {
  for (const auto& [name, again, some] : codecs())
    for (uint64_t seed = 0; seed < 4'000; ++seed) {
      CAPTURE(name);
      CAPTURE(seed);
      random_checkpoints random{seed};
      auto& draw = random.draw();
      auto body = body_of(some(random));
      for (uint32_t i = 0; i <= draw.below(4); ++i) {
        const size_t at =
            draw.chance(0.5) ? draw.below(60) % body.size() : draw.below(static_cast<uint32_t>(body.size()));
        body[at] = static_cast<char>(draw.chance(0.5) ? draw.below(256) : draw.below(3) - 1);
      }
      const auto bytes = sealed(body);
      const auto outcome = again(bytes);
      if (outcome)
        CHECK(*outcome == bytes);
      else
        check_refused(outcome);
    }
}

TEST_CASE("one kind is never read as the other, and another version is named") {
  random_checkpoints random{3};
  check_refused(again_result(encode(random.checkpoint())));
  check_refused(again_checkpoint(encode(random.outcome())));
  check_refused(again_options(encode(random.outcome())));
  check_refused(again_result(encode(random.checkpoint().options)));
  for (const char version : {1, 3}) { // the one before this one's, and a later one
    auto body = body_of(encode(random.outcome()));
    body[0] = version;
    const auto outcome = again_result(sealed(body));
    check_refused(outcome);
    CHECK(outcome.error().message.find("has version " + std::to_string(version)) != std::string::npos);
    CHECK(outcome.error().message.find("reads version 2") != std::string::npos);
  }
}

TEST_CASE("what does not fit its corpus is refused") {
  using change = std::function<void(corpus_checkpoint&)>;
  uint64_t seed = 0;
  const auto checkpoint_of = [&](corpus_step step) {
    while (true) {
      auto made = random_checkpoints{seed++}.checkpoint();
      if (made.next == step && made.facts.items > 10 && made.duplicates.found.size() != 1)
        return made;
    }
  };
  const std::vector<std::pair<corpus_step, change>> changes{
      {corpus_step::seeds, [](auto& it) { it.next = corpus_step::measure; }},
      {corpus_step::seeds, [](auto& it) { it.next = corpus_step::iterations; }},
      {corpus_step::seeds, [](auto& it) { it.facts.items = 0; }},
      {corpus_step::seeds, [](auto& it) { it.facts.items = corpus_items_max + 1; }},
      {corpus_step::seeds, [](auto& it) { it.facts.dimensions = 0; }},
      {corpus_step::seeds, [](auto& it) { it.facts.scale_exponent = 127; }},
      {corpus_step::seeds, [](auto& it) { it.options.iterations_max = 0; }},
      {corpus_step::seeds, [](auto& it) { it.clusters.settled = true; }},
      {corpus_step::seeds, [](auto& it) { it.clusters.iteration = 1; }},
      {corpus_step::seeds, [](auto& it) { it.clusters.radius = 1; }},
      {corpus_step::seeds, [](auto& it) { it.clusters.centroids.assign(it.facts.dimensions, 1); }},
      {corpus_step::seeds, [](auto& it) { it.duplicates.groups_done = 1; }},
      {corpus_step::seeds, [](auto& it) { it.options.duplicate_group_items = group_items_least - 1; }},
      {corpus_step::iterations, [](auto& it) { it.clusters.settled = true; }},
      {corpus_step::iterations, [](auto& it) { it.clusters.centroids.pop_back(); }},
      {corpus_step::iterations, [](auto& it) { it.duplicates.groups_done = 1; }},
      {corpus_step::iterations, [](auto& it) { it.clusters.iteration = it.options.iterations_max + 1; }},
      {corpus_step::iterations, [](auto& it) { it.clusters.iteration = it.options.iterations_max; }}, // it is the end
      {corpus_step::iterations, [](auto& it) { ++it.clusters.radius; }},
      {corpus_step::duplicates, [](auto& it) { --it.clusters.radius; }},
      {corpus_step::extract, [](auto& it) { it.facts.squares += 1ULL << 32; }}, // of which the radius is not
      {corpus_step::duplicates, [](auto& it) { it.clusters.settled = false; }},
      {corpus_step::duplicates, [](auto& it) { it.clusters.iteration = 0; }},
      {corpus_step::duplicates,
       [](auto& it) {
         it.duplicates.found = {{2, 2}};
       }},
      {corpus_step::duplicates,
       [](auto& it) {
         it.duplicates.found = {{3, 1}, {3, 2}};
       }},
      {corpus_step::duplicates,
       [](auto& it) {
         it.duplicates.found = {{2, 1}, {3, 2}}; // what is kept is a duplicate
       }},
      {corpus_step::duplicates,
       [](auto& it) {
         it.duplicates.found = {{static_cast<uint32_t>(it.facts.items), 1}};
       }},
      {corpus_step::summary, [](auto& it) { it.next = corpus_step::extract; }},
      {corpus_step::extract, [](auto& it) { it.summary.pop_back(); }},
      {corpus_step::extract, [](auto& it) { ++it.summary[0].items; }},
      {corpus_step::extract, [](auto& it) { it.summary[0].distinct = it.summary[0].items + 1; }},
      {corpus_step::extract, [](auto& it) { it.summary[0].representative = static_cast<uint32_t>(it.facts.items); }},
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    CAPTURE(i);
    auto checkpoint = checkpoint_of(changes[i].first);
    CHECK(decode_corpus_checkpoint(encode(checkpoint)));
    changes[i].second(checkpoint);
    check_refused(again_checkpoint(encode(checkpoint)));
  }
}

TEST_CASE("a result whose labels do not fit its clusters is refused") {
  auto outcome = random_checkpoints{5}.outcome();
  REQUIRE(outcome.labels.size() == outcome.facts.items);
  auto more = outcome;
  more.labels.push_back(0);
  check_refused(again_result(encode(more)));
  auto fewer = outcome;
  fewer.labels.pop_back();
  check_refused(again_result(encode(fewer)));
  outcome.labels.front() = static_cast<uint32_t>(outcome.clusters.size()); // no cluster
  check_refused(again_result(encode(outcome)));
}

TEST_CASE("labels of few and of many clusters are read as they were written") {
  for (const uint32_t clusters : {1U, 256U, 257U, 65'536U}) {
    corpus_result outcome;
    outcome.facts = {clusters, 1, 0, 1, 1};
    outcome.iterations = 1;
    outcome.centroids.assign(clusters, 1);
    for (uint32_t i = 0; i < clusters; ++i) {
      outcome.clusters.push_back({.items = 1, .distinct = 1, .representative = i, .similarity = 0});
      outcome.labels.push_back(clusters - 1 - i);
    }
    const auto read = decode_corpus_result(encode(outcome));
    REQUIRE(read);
    CHECK(read->labels == outcome.labels);
  }
}

TEST_CASE("a result that keeps a duplicate is refused") {
  uint64_t seed = 0;
  auto outcome = random_checkpoints{seed}.outcome();
  while (outcome.facts.items < 4)
    outcome = random_checkpoints{++seed}.outcome();
  outcome.duplicates = {{2, 1}, {3, 1}};
  CHECK(decode_corpus_result(encode(outcome)));
  outcome.duplicates = {{2, 1}, {3, 2}};
  check_refused(again_result(encode(outcome)));
}

TEST_CASE("each option is part of the fingerprint of the options") {
  const corpus_options same{};
  std::set<uint64_t> prints{fingerprint_of(same)};
  for (const auto& options : std::vector<corpus_options>{{.clusters = 1},
                                                         {.iterations_max = 26},
                                                         {.seed = 2},
                                                         {.duplicate_similarity = 0},
                                                         {.duplicate_group_items = 1},
                                                         {.extract_tokens = 1}})
    prints.insert(fingerprint_of(options));
  CHECK(prints.size() == 7);
  CHECK(fingerprint_of(corpus_options{}) == fingerprint_of(same));
}
