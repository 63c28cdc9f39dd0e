#include "runtime/corpus/corpus_codec.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"
#include "tests/runtime/corpus_job/corpus_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <xxhash.h>

namespace weft::test {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds step_patience{2'000};

} // namespace

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

void corpus_world::perform(uint32_t node, start_corpus& what) {
  const group_key key{what.epoch, what.formation.ranks};
  auto& group = groups_[key];
  group.started.insert(node);
  if (group.started.size() == key.second.size())
    return begin_group(key);
  if (group.started.size() == 1)
    at(step_patience, [this, key] {
      if (groups_[key].runs.empty())
        fail_group(key, {errc::deadline_exceeded, "the others did not come"});
    });
}

void corpus_world::begin_group(const group_key& key) {
  auto& group = groups_[key];
  if (group.is_over)
    return;
  group.ends = make_thread_group(static_cast<uint32_t>(key.second.size()), key.first);
  for (const auto& rank : key.second) {
    const auto node = static_cast<uint32_t>(static_cast<uint64_t>(rank.node) - 1);
    const auto& corpus = nodes_[node].corpus;
    if (!is_same(node, static_cast<uint64_t>(rank.boot)) || group.stopped.contains(node) || !corpus)
      return fail_group(key, {errc::unavailable, "a rank has gone"});
    auto setup = sim_run_setup(rows_of(corpus->load.share), corpus->load.options);
    setup.from = corpus->checkpoint;
    group.runs.push_back(std::make_unique<corpus_run>(std::move(setup)));
  }
  at(between(20, 200), [this, key] { step_group(key); });
}

void corpus_world::fail_group(const group_key& key, const failure& why) {
  auto& group = groups_[key];
  if (std::exchange(group.is_over, true))
    return;
  group.runs.clear();
  group.ends.clear();
  for (const auto& rank : key.second) {
    const auto node = static_cast<uint32_t>(static_cast<uint64_t>(rank.node) - 1);
    if (!is_same(node, static_cast<uint64_t>(rank.boot)) || !group.started.contains(node))
      continue;
    on_node(node, between(1, 100), [this, node, epoch = key.first, why] {
      nodes_[node].member->finished(sim_job, epoch, why);
      act(node);
    });
  }
}

void corpus_world::step_group(const group_key& key) {
  auto& group = groups_[key];
  if (group.is_over)
    return;
  std::vector<uint32_t> ranks;
  for (const auto& rank : key.second) {
    ranks.push_back(static_cast<uint32_t>(static_cast<uint64_t>(rank.node) - 1));
    if (!is_same(ranks.back(), static_cast<uint64_t>(rank.boot)) || group.stopped.contains(ranks.back()) ||
        !reaches(ranks.front(), ranks.back()))
      return fail_group(key, {errc::unavailable, "a rank has gone, or the way to it"});
  }
  const auto& reached = group.runs[0]->checkpoint();
  if (engine_fails_at_ && reached && progress_of(*reached) >= *engine_fails_at_)
    return fail_group(key, {errc::engine_failed, "the engine fails"});
  ++steps_;
  const auto stepped = on_each_rank<status>(group.ends, [&](collective& end) {
    corpus_group verbs(end, patient);
    return group.runs[verbs.rank()]->step(verbs);
  });
  bool is_done = false;
  for (size_t r = 0; r < ranks.size(); ++r) {
    REQUIRE(stepped[r]);
    const auto& run = *group.runs[r];
    auto& mine = nodes_[ranks[r]];
    mine.corpus->checkpoint = run.checkpoint();
    mine.member->stepped(sim_job, key.first, progress_of(*run.checkpoint()));
    is_done = run.next() == corpus_step::done;
    if (!is_done)
      continue;
    mine.corpus->result = run.outcome();
    const auto bytes = encode(run.outcome());
    mine.member->finished(sim_job, key.first, uint64_t{XXH3_64bits(bytes.data(), bytes.size())});
  }
  if (!is_done)
    return at(between(20, 400), [this, key] { step_group(key); });
  group.is_over = true;
  group.runs.clear();
  group.ends.clear();
}

void corpus_world::perform(uint32_t node, stop_corpus& what) {
  for (auto& [key, group] : groups_)
    if (key.first == what.epoch && std::binary_search(key.second.begin(), key.second.end(), worker(node)))
      group.stopped.insert(node);
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

void corpus_world::perform(uint32_t node, forget_corpus&) {
  nodes_[node].corpus.reset();
}

} // namespace weft::test
