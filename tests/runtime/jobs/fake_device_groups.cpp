#include "tests/runtime/jobs/fake_device_groups.hpp"

#include "runtime/compute/collective/thread_group.hpp"
#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/points/quantize.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

namespace weft::test {
namespace {

constexpr uint32_t dimensions = 8;

size_t node_of(const group_worker& rank) {
  return static_cast<size_t>(rank.node) - 1;
}

failure ranks_hang() {
  return {errc::unavailable, "ranks hang"};
}

} // namespace

item_outcome corpus_item(const std::string& text) {
  item_outcome out;
  if (text.starts_with("bad")) {
    out.code = errc::invalid_utf8;
    out.message = "the test says so";
    return out;
  }
  const auto hash = body_hash(text);
  random_source of_text(hash), of_topic(hash % 5);
  auto& values = out.value.values;
  for (uint32_t d = 0; d < dimensions; ++d)
    values.push_back(nearly_normal(of_topic) + 0.5F * nearly_normal(of_text));
  normalize(values.data(), dimensions);
  out.value.tokens = 3 + static_cast<uint32_t>(hash % 20);
  return out;
}

corpus_run_setup small_run(corpus_rows rows, const corpus_options& options) {
  corpus_run_setup out{.rows = std::move(rows), .options = options};
  out.round_bytes_max = 2'000;
  return out;
}

fake_device_groups::fake_device_groups(jobs_world& world) : world_(world), processes_(world.size()) {
  world.tell_members(); // each node's boot, as it is once all have started
  world.corpora = [this](size_t node, corpus_effect& effect) {
    std::visit([&](auto& wanted) { perform(node, wanted); }, effect);
  };
  world.engine = [](size_t, const segment_texts& work, const std::vector<uint32_t>& items) -> run_outcome {
    segment_results out;
    out.model = "mini";
    out.model_version = "1";
    for (const auto item : items)
      out.items.push_back(corpus_item(work.texts.at(item)));
    return out;
  };
}

fake_device_groups::process& fake_device_groups::at(size_t node) {
  auto& it = processes_.at(node);
  if (it.epoch != world_.at(node).epoch)
    it = {world_.at(node).epoch, {}};
  return it;
}

fake_device_groups::corpus_in_memory* fake_device_groups::find(size_t node, job_id job) {
  auto& corpora = at(node).corpora;
  const auto found = corpora.find(job);
  return found == corpora.end() ? nullptr : &found->second;
}

size_t fake_device_groups::remembered() const {
  size_t out = 0;
  for (size_t i = 0; i < processes_.size(); ++i)
    if (world_.at(i).up && processes_[i].epoch == world_.at(i).epoch)
      out += processes_[i].corpora.size();
  return out;
}

void fake_device_groups::hang(size_t node) {
  hung_.insert(node);
  world_.tell_corpus(node, 1ms, corpus_events::readiness{ranks_hang()});
}

void fake_device_groups::come_back(size_t node) {
  hung_.erase(node);
  world_.tell_corpus(node, 1ms, corpus_events::readiness{});
}

void fake_device_groups::perform(size_t node, plan_corpus& what) {
  if (what.epoch != 0 && hung_.contains(node))
    return world_.tell_corpus(node, 1ms, corpus_events::lacks{what.job, what.epoch, ranks_hang(), what.number});
  auto& corpus = at(node).corpora[what.job];
  if (corpus.roster != what.load.roster)
    corpus = {.roster = what.load.roster};
  corpus.loads[what.epoch] = what.load;
  std::vector<planned_segment> lacking;
  for (const auto& each : what.load.share) {
    const auto known = corpus.segments.find(each.segment);
    if (known == corpus.segments.end() || known->second.hash != each.hash)
      lacking.push_back(each);
  }
  world_.tell_corpus(node, 1ms, corpus_events::lacks{what.job, what.epoch, std::move(lacking), what.number});
}

void fake_device_groups::perform(size_t node, feed_corpus& what) {
  auto* corpus = find(node, what.job);
  if (!corpus)
    return;
  uint64_t bytes = 0;
  for (const auto& record : what.records) {
    auto results = decode_results(*record.body);
    REQUIRE(results);
    bytes += record.body->size();
    ++segments_fed_;
    corpus->segments[record.meta.id.index] = {record.meta.hash, record.meta.first_item, std::move(*results)};
  }
  largest_feed_ = std::max(largest_feed_, bytes);
  world_.tell_corpus(node, feed_time, corpus_events::fed{what.job, what.epoch, ok, what.number});
}

void fake_device_groups::perform(size_t node, seal_corpus& what) {
  auto* corpus = find(node, what.job);
  if (!corpus)
    return;
  if (what.from && !corpus->checkpoint)
    corpus->checkpoint = what.from->checkpoint;
  corpus_loaded out;
  for (const auto& each : corpus->loads.at(what.epoch).share) {
    const auto& segment = corpus->segments.at(each.segment);
    REQUIRE(segment.hash == each.hash);
    const auto gaps = gaps_in(segment.first_item, segment.results.items);
    out.share.gaps.insert(out.share.gaps.end(), gaps.begin(), gaps.end());
    out.share.model_version = segment.results.model_version;
    out.share.precision = segment.results.precision;
  }
  if (corpus->checkpoint)
    out.progress = progress_of(*corpus->checkpoint);
  world_.tell_corpus(node, 1ms, corpus_events::loaded{what.job, what.epoch, std::move(out), what.number});
}

corpus_rows fake_device_groups::rows_of(const corpus_in_memory& corpus,
                                        const std::vector<planned_segment>& share) const {
  corpus_rows out;
  out.dimensions = share.empty() ? 0 : dimensions;
  for (const auto& each : share) {
    auto number = each.first_number;
    for (const auto& item : corpus.segments.at(each.segment).results.items) {
      if (item.failed())
        continue;
      out.items.push_back(number++);
      out.values.insert(out.values.end(), item.value.values.begin(), item.value.values.end());
      out.tokens.push_back(item.value.tokens);
    }
  }
  return out;
}

bool fake_device_groups::is_there(const group_worker& rank) const {
  const auto& host = world_.at(node_of(rank));
  return host.up && host.epoch == static_cast<uint64_t>(rank.boot);
}

void fake_device_groups::perform(size_t node, start_corpus& what) {
  const group_key key{what.job, what.formation};
  auto& group = groups_[key];
  group.started.insert(node);
  if (group.started.size() == key.formation.ranks.size())
    return begin_group(key);
  if (group.started.size() == 1)
    world_.later(2'000ms, [this, key] {
      if (groups_[key].runs.empty())
        fail_group(key, {errc::deadline_exceeded, "the others did not come"});
    });
}

void fake_device_groups::begin_group(const group_key& key) {
  auto& group = groups_[key];
  if (group.is_over)
    return;
  group.ends = make_thread_group(static_cast<uint32_t>(key.formation.ranks.size()), key.formation.epoch);
  for (const auto& rank : key.formation.ranks) {
    const auto node = node_of(rank);
    const auto* corpus = is_there(rank) && !group.stopped.contains(node) ? find(node, key.job) : nullptr;
    if (!corpus)
      return fail_group(key, {errc::unavailable, "a rank has gone"});
    const auto& load = corpus->loads.at(key.formation.epoch);
    auto setup = small_run(rows_of(*corpus, load.share), load.options);
    setup.from = corpus->checkpoint;
    group.runs.push_back(std::make_unique<corpus_run>(std::move(setup)));
  }
  world_.later(step_time, [this, key] { step_group(key); });
}

void fake_device_groups::fail_group(const group_key& key, const failure& why) {
  auto& group = groups_[key];
  if (std::exchange(group.is_over, true))
    return;
  group.runs.clear();
  group.ends.clear();
  for (const auto& rank : key.formation.ranks)
    if (is_there(rank) && group.started.contains(node_of(rank)))
      world_.tell_corpus(node_of(rank), 5ms, corpus_events::finished{key.job, key.formation.epoch, why});
}

void fake_device_groups::step_group(const group_key& key) {
  auto& group = groups_[key];
  if (group.is_over)
    return;
  const auto first = node_of(key.formation.ranks.front());
  for (const auto& rank : key.formation.ranks)
    if (!is_there(rank) || group.stopped.contains(node_of(rank)) || !find(node_of(rank), key.job) ||
        !world_.reaches(first, node_of(rank)))
      return fail_group(key, {errc::unavailable, "a rank has gone, or the way to it"});
  if (engine_fails_at && group.runs.front()->next() >= *engine_fails_at)
    return fail_group(key, {errc::engine_failed, "the engine fails"});
  ++steps_;
  const auto stepped = on_each_rank<status>(group.ends, [&](collective& end) {
    corpus_group verbs(end, patient);
    return group.runs[verbs.rank()]->step(verbs);
  });
  bool is_done = false;
  for (size_t r = 0; r < group.runs.size(); ++r) {
    REQUIRE(stepped[r]);
    const auto node = node_of(key.formation.ranks[r]);
    const auto& run = *group.runs[r];
    auto& mine = *find(node, key.job);
    mine.checkpoint = run.checkpoint();
    world_.tell_corpus(node, 1ms, corpus_events::stepped{key.job, key.formation.epoch, progress_of(*run.checkpoint())});
    is_done = run.next() == corpus_step::done;
    if (!is_done)
      continue;
    mine.outcome = run.outcome();
    world_.tell_corpus(node, 2ms,
                       corpus_events::finished{key.job, key.formation.epoch, body_hash(encode(run.outcome()))});
  }
  if (!is_done)
    return world_.later(step_time, [this, key] { step_group(key); });
  group.is_over = true;
  group.runs.clear();
  group.ends.clear();
}

void fake_device_groups::perform(size_t node, stop_corpus& what) {
  for (auto& [key, group] : groups_)
    if (key.job == what.job && key.formation.epoch == what.epoch)
      group.stopped.insert(node);
}

void fake_device_groups::perform(size_t node, encode_corpus& what) {
  auto* corpus = find(node, what.job);
  if (!corpus)
    return;
  std::string bytes;
  if (what.keep.kind == attached_kind::outcome) {
    REQUIRE(corpus->outcome);
    bytes = encode(
        corpus_outcome{*corpus->outcome, errc::none, "", what.keep.gaps, what.keep.model_version, what.keep.precision});
  } else {
    REQUIRE(corpus->checkpoint);
    bytes = encode(kept_checkpoint{corpus->roster, *corpus->checkpoint});
  }
  world_.tell_corpus(node, 3ms, corpus_events::encoded{what.job, what.epoch, what.keep.generation, std::move(bytes)});
}

void fake_device_groups::perform(size_t node, forget_corpus& what) {
  at(node).corpora.erase(what.job);
}

void fake_device_groups::perform(size_t node, search_corpus_share& what) {
  const auto* corpus = find(node, what.job);
  const bool is_loaded = corpus && std::ranges::all_of(what.share, [&](const planned_segment& each) {
                           const auto known = corpus->segments.find(each.segment);
                           return known != corpus->segments.end() && known->second.hash == each.hash;
                         });
  if (!is_loaded)
    return world_.tell_corpus(node, 1ms,
                              corpus_events::found{what.ticket, failure{errc::unavailable, "it is not loaded"}});
  auto rows = rows_of(*corpus, what.share);
  corpus_shard shard{.dimensions = dimensions, .scale_exponent = what.scale_exponent, .items = rows.items};
  shard.points = quantize_points(rows.values, dimensions, shard.scale()).values;
  shard.tokens = rows.tokens;
  keep_rows(shard, std::move(rows.values));
  REQUIRE(check_search(shard, what.queries, what.options));
  world_.tell_corpus(node, search_time,
                     corpus_events::found{what.ticket, search_shard(shard, what.queries, what.options)});
}

} // namespace weft::test
