#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/job/record_codec.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"
#include "tests/runtime/corpus_job/corpus_world.hpp"

#include <doctest/doctest.h>

namespace weft::test {
void corpus_world::perform(uint32_t node, load_corpus& what) {
  auto& it = nodes_[node];
  if (!it.corpus || it.corpus->roster != what.load.roster)
    it.corpus = memory{.roster = what.load.roster, .checkpoint = {}, .load = {}, .result = {}};
  it.corpus->load = what.load;
  it.corpus->result.reset();
  on_node(node, between(10, 400), [this, node, epoch = what.epoch] {
    auto& mine = nodes_[node];
    if (!mine.corpus)
      return;
    const auto& load = mine.corpus->load;
    corpus_loaded out{{{}, "v1"}, {}};
    for (const auto& each : load.share) {
      REQUIRE(mine.disk.contains(each.segment)); // data stays where it was embedded
      const auto& gaps = failed_[each.segment];
      out.share.gaps.insert(out.share.gaps.end(), gaps.begin(), gaps.end());
    }
    if (load.from && !mine.corpus->checkpoint) {
      std::vector<const sim_node*> found;
      for (uint32_t other = 0; other < nodes_.size(); ++other)
        if (reaches(node, other))
          found.push_back(&nodes_[other]);
      const auto bytes = find_attached(found, *load.from);
      const auto kept = bytes ? decode_kept_checkpoint(*bytes) : result<kept_checkpoint>{failure{}};
      if (kept && kept->roster == load.roster)
        mine.corpus->checkpoint = kept->checkpoint;
    }
    if (mine.corpus->checkpoint)
      out.progress = progress_of(*mine.corpus->checkpoint);
    mine.member->loaded(sim_job, epoch, std::move(out));
    act(node);
  });
}

corpus_rows corpus_world::rows_of(const std::vector<planned_segment>& share) const {
  std::vector<uint32_t> items;
  for (const auto& each : share)
    for (uint32_t i = 0; i < each.items; ++i)
      items.push_back(each.first_number + i);
  return part_of(all_, items);
}

std::optional<corpus_run_setup> corpus_world::begin(const group_worker& rank, job_id, uint64_t) {
  const auto& corpus = nodes_[node_of(rank)].corpus;
  if (!corpus)
    return std::nullopt;
  auto setup = sim_run_setup(rows_of(corpus->load.share), corpus->load.options);
  setup.from = corpus->checkpoint;
  return setup;
}

std::optional<failure> corpus_world::fault(job_id, const corpus_run& run) {
  const auto& reached = run.checkpoint();
  if (engine_fails_at_ && reached && progress_of(*reached) >= *engine_fails_at_)
    return failure{errc::engine_failed, "the engine fails"};
  return std::nullopt;
}

void corpus_world::stepped(const group_worker& rank, job_id job, uint64_t epoch, const corpus_run& run) {
  auto& mine = nodes_[node_of(rank)];
  mine.corpus->checkpoint = run.checkpoint();
  mine.member->stepped(job, epoch, progress_of(*run.checkpoint()));
  if (run.next() != corpus_step::done)
    return;
  mine.corpus->result = run.outcome();
  mine.member->finished(job, epoch, body_hash(encode(run.outcome())));
}

void corpus_world::failed(const group_worker& rank, job_id job, uint64_t epoch, const failure& why) {
  const auto node = node_of(rank);
  on_node(node, between(1, 100), [this, node, job, epoch, why] {
    nodes_[node].member->finished(job, epoch, why);
    act(node);
  });
}

void corpus_world::perform(uint32_t node, keep_corpus& what) {
  const auto& corpus = nodes_[node].corpus;
  REQUIRE(corpus);
  std::string bytes;
  if (what.keep.kind == attached_kind::outcome) {
    REQUIRE(corpus->result);
    bytes = encode(
        corpus_outcome{*corpus->result, errc::none, "", what.keep.gaps, what.keep.model_version, what.keep.precision});
  } else {
    REQUIRE(corpus->checkpoint);
    bytes = encode(kept_checkpoint{corpus->roster, *corpus->checkpoint});
  }
  keep(node, what.keep.kind, what.keep.generation, std::move(bytes),
       [this, node, epoch = what.epoch, generation = what.keep.generation](const status& kept) {
         nodes_[node].member->kept(sim_job, epoch, generation, kept);
       });
}

void corpus_world::perform(uint32_t node, forget_corpus& what) {
  groups_.forget(worker(node), what.job);
  nodes_[node].corpus.reset();
}

} // namespace weft::test
