#include "tests/runtime/jobs/fake_device_groups.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/job/record_codec.hpp"
#include "runtime/points/quantize.hpp"
#include "tests/runtime/jobs/fake_corpus.hpp"

#include <algorithm>
#include <string>
#include <variant>

namespace weft::test {
namespace {

using namespace std::chrono_literals;

failure ranks_hang() {
  return {errc::unavailable, "ranks hang"};
}

} // namespace

bool fake_device_groups::corpus_in_memory::has(const std::vector<planned_segment>& share) const {
  return std::ranges::all_of(share, [this](const planned_segment& each) { return has(each); });
}

void fake_device_groups::perform(size_t node, corpus_effect& effect) {
  std::visit([&](auto& wanted) { perform(node, wanted); }, effect);
}

fake_device_groups::process_memory& fake_device_groups::at(size_t node) {
  auto& it = processes_.at(node);
  const auto boot = world_.process(node);
  WEFT_ASSERT(boot.has_value());
  if (it.boot != *boot)
    it = {*boot, {}};
  return it;
}

fake_device_groups::corpus_in_memory* fake_device_groups::find(size_t node, job_id job) {
  auto& corpora = at(node).corpora;
  const auto found = corpora.find(job);
  return found == corpora.end() ? nullptr : &found->second;
}

group_worker fake_device_groups::rank_on(size_t node) const {
  return {world_.id(node), world_.process(node).value(), 0};
}

size_t fake_device_groups::remembered() const {
  size_t out = 0;
  for (size_t i = 0; i < processes_.size(); ++i)
    if (world_.process(i) == processes_[i].boot)
      out += processes_[i].corpora.size();
  return out;
}

void fake_device_groups::hang(size_t node) {
  hung_.insert(node);
  world_.tell(node, 1ms, corpus_events::readiness{ranks_hang()});
}

void fake_device_groups::come_back(size_t node) {
  hung_.erase(node);
  world_.tell(node, 1ms, corpus_events::readiness{});
}

void fake_device_groups::perform(size_t node, plan_corpus& what) {
  if (is_full && is_full(node))
    return world_.tell(
        node, 1ms,
        corpus_events::lacks{what.job, what.epoch, failure{errc::overloaded, "no memory is left"}, what.number});
  if (what.epoch != 0 && hung_.contains(node))
    return world_.tell(node, 1ms, corpus_events::lacks{what.job, what.epoch, ranks_hang(), what.number});
  auto& corpus = at(node).corpora[what.job];
  if (corpus.roster != what.load.roster) {
    corpus = {};
    corpus.roster = what.load.roster;
  }
  corpus.loads[what.epoch] = what.load;
  std::vector<planned_segment> lacking;
  for (const auto& each : what.load.share)
    if (!corpus.has(each))
      lacking.push_back(each);
  world_.tell(node, 1ms, corpus_events::lacks{what.job, what.epoch, std::move(lacking), what.number});
}

void fake_device_groups::perform(size_t node, feed_corpus& what) {
  world_.tell(node, feed_time, corpus_events::fed{what.job, what.epoch, feed(find(node, what.job), what), what.number});
}

status fake_device_groups::feed(corpus_in_memory* corpus, const feed_corpus& what) {
  if (!corpus || !corpus->loads.contains(what.epoch))
    return failure{errc::cancelled, "the node loads something else of this corpus now"};
  uint64_t bytes = 0;
  for (const auto& record : what.records) {
    auto results = decode_results(*record.body);
    if (!results)
      return failure{errc::state_damaged, results.error().message};
    bytes += record.body->size();
    ++segments_fed_;
    corpus->segments[{record.meta.id.index, record.meta.hash}] = {record.meta.first_item, std::move(*results)};
  }
  largest_feed_ = std::max(largest_feed_, bytes);
  return ok;
}

void fake_device_groups::perform(size_t node, seal_corpus& what) {
  auto* corpus = find(node, what.job);
  if (corpus && what.from && what.from->roster == corpus->roster && !corpus->checkpoint)
    corpus->checkpoint = what.from->checkpoint;
  world_.tell(node, 1ms, corpus_events::loaded{what.job, what.epoch, seal(corpus, what), what.number});
}

result<corpus_loaded> fake_device_groups::seal(corpus_in_memory* corpus, const seal_corpus& what) const {
  if (!corpus || !corpus->loads.contains(what.epoch))
    return failure{errc::cancelled, "the node loads something else of this corpus now"};
  corpus_loaded out;
  for (const auto& each : corpus->loads.at(what.epoch).share) {
    const auto found = corpus->segments.find({each.segment, each.hash});
    if (found == corpus->segments.end())
      return failure{errc::internal, "it was not given all that it lacked"};
    const auto& [first_item, results] = found->second;
    const auto gaps = gaps_in(first_item, results.items);
    out.share.gaps.insert(out.share.gaps.end(), gaps.begin(), gaps.end());
    out.share.model_version = results.model_version;
    out.share.precision = results.precision;
  }
  if (corpus->checkpoint)
    out.progress = progress_of(*corpus->checkpoint);
  return out;
}

corpus_rows fake_device_groups::rows_of(const corpus_in_memory& corpus,
                                        const std::vector<planned_segment>& share) const {
  corpus_rows out;
  out.dimensions = share.empty() ? 0 : fake_dimensions;
  for (const auto& each : share) {
    auto number = each.first_number;
    for (const auto& item : corpus.segments.at({each.segment, each.hash}).results.items) {
      if (item.failed())
        continue;
      out.items.push_back(number++);
      out.values.insert(out.values.end(), item.value.values.begin(), item.value.values.end());
      out.tokens.push_back(item.value.tokens);
    }
  }
  return out;
}

void fake_device_groups::perform(size_t node, encode_corpus& what) {
  const auto* corpus = find(node, what.job);
  const bool is_outcome = what.keep.kind == attached_kind::outcome;
  result<std::string> bytes = failure{errc::unavailable, "this node has nothing of the kind"};
  if (corpus && is_outcome && corpus->outcome)
    bytes = encode(
        corpus_outcome{*corpus->outcome, errc::none, "", what.keep.gaps, what.keep.model_version, what.keep.precision});
  else if (corpus && !is_outcome && corpus->checkpoint)
    bytes = encode(kept_checkpoint{corpus->roster, *corpus->checkpoint});
  world_.tell(node, 3ms, corpus_events::encoded{what.job, what.epoch, what.keep.generation, std::move(bytes)});
}

void fake_device_groups::perform(size_t node, forget_corpus& what) {
  groups_.forget(rank_on(node), what.job);
  at(node).corpora.erase(what.job);
}

void fake_device_groups::perform(size_t node, search_corpus_share& what) {
  const auto* corpus = find(node, what.job);
  if (!corpus || !corpus->has(what.share))
    return world_.tell(node, 1ms, corpus_events::found{what.ticket, failure{errc::unavailable, "it is not loaded"}});
  auto rows = rows_of(*corpus, what.share);
  corpus_shard shard{.dimensions = fake_dimensions, .scale_exponent = what.scale_exponent, .items = rows.items};
  shard.points = quantize_points(rows.values, fake_dimensions, shard.scale()).values;
  shard.tokens = rows.tokens;
  keep_rows(shard, std::move(rows.values));
  if (auto checked = check_search(shard, what.queries, what.options); !checked)
    return world_.tell(node, 1ms, corpus_events::found{what.ticket, checked.error()});
  world_.tell(node, search_time, corpus_events::found{what.ticket, search_shard(shard, what.queries, what.options)});
}

bool fake_device_groups::is_there(const group_worker& rank) const {
  return world_.process(world_.node_of(rank.node)) == rank.boot;
}

bool fake_device_groups::reaches(const group_worker& from, const group_worker& to) const {
  return world_.reaches(world_.node_of(from.node), world_.node_of(to.node));
}

void fake_device_groups::later(std::chrono::milliseconds after, std::function<void()> what) {
  world_.later(after, std::move(what));
}

std::optional<corpus_run_setup> fake_device_groups::begin(const group_worker& rank, job_id job, uint64_t epoch) {
  const auto* corpus = find(world_.node_of(rank.node), job);
  if (!corpus || !corpus->loads.contains(epoch) || !corpus->has(corpus->loads.at(epoch).share))
    return std::nullopt;
  const auto& load = corpus->loads.at(epoch);
  auto setup = small_run(rows_of(*corpus, load.share), load.options);
  setup.from = corpus->checkpoint;
  return setup;
}

std::optional<failure> fake_device_groups::fault(job_id job, const corpus_run& run) {
  if (engine_fails && engine_fails(job, run.next()))
    return failure{errc::engine_failed, "the engine fails"};
  return std::nullopt;
}

void fake_device_groups::stepped(const group_worker& rank, job_id job, uint64_t epoch, const corpus_run& run) {
  const auto node = world_.node_of(rank.node);
  auto& mine = *find(node, job); // else it would have left the group
  mine.checkpoint = run.checkpoint();
  world_.tell(node, 1ms, corpus_events::stepped{job, epoch, progress_of(*run.checkpoint())});
  if (run.next() != corpus_step::done)
    return;
  mine.outcome = run.outcome();
  world_.tell(node, 2ms, corpus_events::finished{job, epoch, body_hash(encode(run.outcome()))});
}

void fake_device_groups::failed(const group_worker& rank, job_id job, uint64_t epoch, const failure& why) {
  world_.tell(world_.node_of(rank.node), 5ms, corpus_events::finished{job, epoch, why});
}

} // namespace weft::test
