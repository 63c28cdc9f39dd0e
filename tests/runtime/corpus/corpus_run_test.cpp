#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/corpus/corpus_run.hpp"
#include "runtime/points/seed_centroids.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"
#include "tests/runtime/corpus/dying_collective.hpp"

#include <algorithm>
#include <atomic>
#include <optional>

using namespace weft;
using namespace weft::test;

namespace {

constexpr corpus_options usual{.clusters = 8,
                               .iterations_max = 30,
                               .seed = 5,
                               .duplicate_similarity = 9'800,
                               .duplicate_group_items = 30,
                               .extract_tokens = 700};

/// Small rounds, so that there are several.
corpus_run_setup setup_of(corpus_rows rows, const corpus_options& options) {
  corpus_run_setup setup{.rows = std::move(rows), .options = options};
  setup.round_bytes_max = 1'500;
  setup.round_candidates = 16;
  return setup;
}

/// What a rank's run came to.
struct run_end {
  std::optional<failure> why{}; ///< it did not come to its end
  std::optional<corpus_result> outcome{};
  std::vector<corpus_checkpoint> checkpoints{};
  std::vector<uint32_t> labels{};
  uint64_t verbs = 0;
};

run_end run_to_end(corpus_group& group, corpus_run_setup setup) {
  corpus_run run(std::move(setup));
  run_end end;
  while (run.next() != corpus_step::done) {
    if (auto stepped = run.step(group); !stepped) {
      end.why = stepped.error();
      return end;
    }
    end.checkpoints.push_back(*run.checkpoint());
  }
  end.outcome = run.outcome();
  end.labels = run.points().labels;
  return end;
}

std::vector<run_end> run_over(const corpus_rows& all, const division& parts, const corpus_options& options,
                              const std::optional<corpus_checkpoint>& from = {}) {
  return on_ranks<run_end>(all, parts, [&](corpus_group& group, corpus_rows rows) {
    auto setup = setup_of(std::move(rows), options);
    if (group.rank() + 1 == group.ranks()) // the others are new
      setup.from = from;
    return run_to_end(group, std::move(setup));
  });
}

/// One result of all ranks, and the labels in the order of the items.
std::pair<corpus_result, std::vector<uint32_t>> agreed(const std::vector<run_end>& ends, const division& parts,
                                                       size_t items) {
  std::vector<uint32_t> labels(items);
  for (size_t r = 0; r < parts.size(); ++r) {
    REQUIRE(ends[r].outcome);
    CHECK(*ends[r].outcome == *ends[0].outcome);
    CHECK(ends[r].checkpoints == ends[0].checkpoints);
    for (size_t i = 0; i < parts[r].size(); ++i)
      labels[parts[r][i]] = ends[r].labels[i];
  }
  CHECK(ends[0].outcome->labels == labels);
  return {*ends[0].outcome, labels};
}

errc code_of(const run_end& end) {
  return end.why ? end.why->code : errc::none;
}

void check_all(const std::vector<run_end>& ends, errc want) {
  for (const auto& end : ends) {
    CHECK(code_of(end) == want);
    CHECK((!end.why || !end.why->message.empty()));
  }
}

} // namespace

TEST_CASE("a corpus on 1, 2, 3 and 8 ranks has the same result to the bit, that of k-means in one place") {
  const auto all = some_corpus(1, 400, 16, 8, 1.2F);
  const auto points = points_of(all);
  const auto want = run_kmeans({16, points, seed_centroids(points, 16, 8, usual.seed), usual.iterations_max});
  std::optional<corpus_result> first;
  for (const auto& parts : all_divisions(400)) {
    const auto [outcome, labels] = agreed(run_over(all, parts, usual), parts, 400);
    CHECK(labels == want.labels);
    CHECK(outcome.centroids == want.centroids);
    CHECK(outcome.iterations == want.iterations);
    CHECK(outcome.duplicates.size() > 20);
    CHECK(outcome.extract.size() > 8);
    CHECK(decode_corpus_result(encode(outcome)));
    first = first ? first : outcome;
    CHECK(outcome == *first);
  }
}

TEST_CASE("a run goes on from each of its checkpoints, on other ranks, with the same result") {
  const auto all = some_corpus(2, 250, 12, 8, 1.2F);
  const auto whole = in_ranges({250});
  auto without_extract = usual;
  without_extract.extract_tokens = 0;
  for (const auto& options : {usual, without_extract}) {
    const auto clean = run_over(all, whole, options);
    const auto want = agreed(clean, whole, 250);
    const auto& checkpoints = clean[0].checkpoints;
    REQUIRE(checkpoints.size() > 8);
    const auto divisions = all_divisions(250);
    for (size_t i = 0; i < checkpoints.size(); ++i) {
      CAPTURE(i);
      const auto kept = decode_corpus_checkpoint(encode(checkpoints[i]));
      REQUIRE(kept);
      const auto& parts = divisions[i % divisions.size()];
      const auto ends = run_over(all, parts, options, *kept);
      CHECK(agreed(ends, parts, 250) == want);
      // Of the last two the last step remains.
      CHECK(ends[0].checkpoints.size() == std::max<size_t>(checkpoints.size() - i, 2));
    }
  }
}

TEST_CASE("whatever verb a rank dies in, the survivors go on from the last iteration, a hundred times") {
  const auto all = some_corpus(3, 240, 12, 8, 1.2F);
  const auto parts = in_ranges({90, 60, 90});
  const auto run_dying = [&](uint32_t victim, uint64_t verbs_max) {
    auto ends = make_thread_group(3, 1);
    return on_each_rank<run_end>(ends, [&, victim, verbs_max](collective& end) {
      const uint32_t rank = end.group().rank;
      dying_collective mortal(std::move(ends[rank]), rank == victim ? verbs_max : dying_collective::never);
      corpus_group group(mortal, patient);
      auto out = run_to_end(group, setup_of(part_of(all, parts[rank]), usual));
      out.verbs = mortal.verbs();
      return out;
    });
  };
  const auto clean = run_dying(0, dying_collective::never);
  const auto want = agreed(clean, parts, 240);
  const uint64_t verbs = clean[0].verbs;
  REQUIRE(verbs > 50);

  random_source draw(4);
  int went_on = 0;
  for (int cycle = 0; cycle < 100; ++cycle) {
    const uint32_t victim = draw.below(3);
    const uint64_t verbs_max = draw.below(static_cast<uint32_t>(verbs));
    CAPTURE(cycle);
    CAPTURE(victim);
    CAPTURE(verbs_max);
    const auto broken = run_dying(victim, verbs_max);
    check_all(broken, errc::unavailable);
    // The dead rank's items are divided between the others; who was furthest does not matter.
    division left;
    std::vector<std::optional<corpus_checkpoint>> kept;
    for (uint32_t rank = 0; rank < 3; ++rank)
      if (rank != victim) {
        left.push_back(parts[rank]);
        const auto& checkpoints = broken[rank].checkpoints;
        kept.push_back(checkpoints.empty() ? std::nullopt : std::optional(checkpoints.back()));
      }
    for (const uint32_t item : parts[victim])
      left[item % 2].push_back(item);
    for (auto& items : left)
      std::sort(items.begin(), items.end());
    went_on += kept[0] && kept[0]->clusters.iteration > 0;
    auto ends = make_thread_group(2, 2);
    const auto again = on_each_rank<run_end>(ends, [&](collective& end) {
      corpus_group group(end, patient);
      auto setup = setup_of(part_of(all, left[group.rank()]), usual);
      setup.from = kept[group.rank()];
      return run_to_end(group, std::move(setup));
    });
    CHECK(agreed(again, left, 240) == want);
  }
  CHECK(went_on > 40);
}

TEST_CASE("a run that is cancelled stops on every rank, and goes on when it is asked to") {
  const auto all = some_corpus(5, 150, 8, 8, 1.2F);
  const auto parts = in_ranges({50, 50, 50});
  const auto want = agreed(run_over(all, parts, usual), parts, 150);
  auto ends = make_thread_group(3);
  std::atomic<bool> stop{false};
  const auto outcomes = on_each_rank<run_end>(ends, [&](collective& end) {
    const uint32_t rank = end.group().rank;
    corpus_group group(end, patient, [&, rank] { return rank == 2 && stop.load(); });
    corpus_run run(setup_of(part_of(all, parts[rank]), usual));
    run_end out;
    uint32_t steps = 0;
    while (run.next() != corpus_step::done) {
      if (rank == 2 && ++steps == 5)
        stop = true;
      const auto stepped = run.step(group);
      if (rank == 2)
        stop = false;
      if (!stepped)
        out.why = stepped.error();
      if (!stepped && stepped.error().code != errc::cancelled)
        return out;
    }
    out.outcome = run.outcome();
    return out;
  });
  check_all(outcomes, errc::cancelled);
  for (const auto& outcome : outcomes) {
    REQUIRE(outcome.outcome);
    CHECK(*outcome.outcome == want.first);
  }
}

TEST_CASE("an abort from outside ends the run with a typed failure") {
  const auto all = some_corpus(6, 90, 8);
  const auto parts = in_ranges({45, 45});
  auto ends = make_thread_group(2);
  ends[0]->abort({errc::cancelled, "the job was removed"});
  check_all(on_each_rank<run_end>(ends,
                                  [&](collective& end) {
                                    corpus_group group(end, patient);
                                    return run_to_end(group, setup_of(part_of(all, parts[group.rank()]), usual));
                                  }),
            errc::unavailable);
}

TEST_CASE("what a run was given comes back for the next group") {
  const auto all = some_corpus(7, 100, 8);
  const auto parts = in_ranges({60, 40});
  for (const bool keep_rows : {true, false}) {
    const auto taken =
        on_ranks<std::vector<std::optional<corpus_rows>>>(all, parts, [&](corpus_group& group, corpus_rows rows) {
          auto setup = setup_of(rows, usual);
          setup.keep_rows = keep_rows;
          corpus_run before(setup), after(setup);
          std::vector<std::optional<corpus_rows>> out{before.take_rows()};
          if (after.step(group))
            out.push_back(after.take_rows());
          return out;
        });
    for (size_t r = 0; r < 2; ++r) {
      REQUIRE(taken[r].size() == 2);
      for (const auto& rows : taken[r]) {
        if (&rows == &taken[r][1] && !keep_rows) {
          CHECK(!rows);
          continue;
        }
        REQUIRE(rows);
        const auto want = part_of(all, parts[r]);
        CHECK(rows->items == want.items);
        CHECK(rows->values == want.values);
        CHECK(rows->tokens == want.tokens);
        CHECK(rows->sources == want.sources);
      }
    }
  }
}

TEST_CASE("clusters, duplicates and extracts are only as many as there are items, and may be left out") {
  const auto one = some_corpus(8, 1, 4);
  const auto ends = run_over(one, {{}, {0}}, {.clusters = 50, .extract_tokens = 1'000});
  const auto outcome = agreed(ends, {{}, {0}}, 1).first;
  REQUIRE(outcome.clusters.size() == 1);
  CHECK(outcome.clusters[0].representative == 0);
  CHECK(outcome.extract.size() == 1);
  CHECK(outcome.duplicates.empty());

  const auto all = some_corpus(9, 100, 8);
  const auto parts = in_ranges({30, 70});
  const auto bare = agreed(run_over(all, parts, {.duplicate_similarity = 0}), parts, 100).first;
  CHECK(bare.clusters.size() == 10); // the root of 100
  CHECK(bare.duplicates.empty());
  CHECK(bare.extract.empty());
  CHECK(
      std::all_of(bare.clusters.begin(), bare.clusters.end(), [](auto& each) { return each.items == each.distinct; }));
}

TEST_CASE("options out of their range are refused on every rank") {
  const auto all = some_corpus(10, 40, 4);
  for (const auto& options : std::vector<corpus_options>{{.clusters = kmeans_clusters_max + 1},
                                                         {.iterations_max = 0},
                                                         {.iterations_max = kmeans_iterations_max + 1},
                                                         {.duplicate_similarity = 10'001},
                                                         {.extract_tokens = extract_tokens_max + 1}})
    check_all(run_over(all, in_ranges({20, 20}), options), errc::invalid_argument);
}

TEST_CASE("ranks with different options or limits all learn of it") {
  const auto all = some_corpus(11, 40, 4);
  for (const bool limits : {false, true})
    check_all(on_ranks<run_end>(all, in_ranges({20, 20}),
                                [&](corpus_group& group, corpus_rows rows) {
                                  auto setup = setup_of(std::move(rows), usual);
                                  if (group.rank() == 1)
                                    limits ? ++setup.round_candidates : ++setup.options.clusters;
                                  return run_to_end(group, std::move(setup));
                                }),
              errc::internal);
}

TEST_CASE("a checkpoint of another corpus or of other options is dropped, and costs the others nothing") {
  const auto all = some_corpus(12, 100, 8);
  const auto parts = in_ranges({50, 50});
  const auto clean = run_over(all, parts, usual);
  const auto want = agreed(clean, parts, 100);
  const auto& checkpoints = clean[0].checkpoints;
  auto other = all;
  other.values[5] += 0.2F;
  auto options = usual;
  ++options.seed;
  for (const auto& stale :
       {run_over(other, parts, usual)[0].checkpoints.back(), run_over(all, parts, options)[0].checkpoints.back()}) {
    const auto anew = run_over(all, parts, usual, stale); // nobody has another
    CHECK(agreed(anew, parts, 100) == want);
    CHECK(anew[0].checkpoints.size() == checkpoints.size());
    for (const uint32_t where : {0u, 1u}) {
      auto ends = make_thread_group(2);
      const auto mixed = on_each_rank<run_end>(ends, [&](collective& end) {
        corpus_group group(end, patient);
        auto setup = setup_of(part_of(all, parts[group.rank()]), usual);
        setup.from = group.rank() == where ? stale : checkpoints[3]; // the stale one is further
        return run_to_end(group, std::move(setup));
      });
      CHECK(agreed(mixed, parts, 100) == want);
      CHECK(mixed[0].checkpoints.size() == checkpoints.size() - 3);
    }
  }
}

TEST_CASE("the furthest checkpoint is taken, whoever has it") {
  const auto all = some_corpus(13, 100, 8, 8, 1.2F);
  const auto checkpoints = run_over(all, in_ranges({100}), usual)[0].checkpoints;
  auto ends = make_thread_group(4);
  const auto taken = on_each_rank<result<std::optional<corpus_checkpoint>>>(ends, [&](collective& end) {
    corpus_group group(end, patient);
    std::optional<corpus_checkpoint> mine;
    if (group.rank() > 0)
      mine = checkpoints[std::array{0, 2, 6, 4}[group.rank()]];
    return agree_on_checkpoint(group, mine);
  });
  for (const auto& each : taken) {
    REQUIRE(each);
    CHECK(**each == checkpoints[6]);
  }
}
