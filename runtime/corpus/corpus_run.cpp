#include "runtime/corpus/corpus_run.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/corpus/gathered_labels.hpp"
#include "runtime/corpus/shard_seeds.hpp"

#include <array>
#include <string>
#include <utility>

namespace weft {

namespace {

/// What is further is larger: the step, then the iteration, then the group.
int64_t progress_of(const corpus_checkpoint& checkpoint) {
  static_assert(kmeans_iterations_max < 1U << 16 && corpus_items_max < 1U << 24);
  return int64_t{static_cast<uint8_t>(checkpoint.next)} << 40 | int64_t{checkpoint.clusters.iteration} << 24 |
         int64_t{checkpoint.duplicates.groups_done};
}

} // namespace

result<std::optional<corpus_checkpoint>> agree_on_checkpoint(corpus_group& group,
                                                             const std::optional<corpus_checkpoint>& mine) {
  const int64_t progress = mine ? progress_of(*mine) : -1;
  std::array<int64_t, 1> furthest{progress};
  if (auto met = group.maximum(furthest); !met)
    return met.error();
  if (furthest[0] < 0)
    return std::optional<corpus_checkpoint>{};
  std::array<int64_t, 1> root{progress == furthest[0] ? int64_t{group.rank()} : int64_t{group.ranks()}};
  if (auto met = group.minimum(root); !met)
    return met.error();
  const bool is_root = root[0] == int64_t{group.rank()};
  const auto bytes = group.share(is_root ? encode(*mine) : std::string{}, static_cast<uint32_t>(root[0]));
  if (!bytes)
    return bytes.error();
  auto agreed = decode_corpus_checkpoint(*bytes);
  if (!agreed)
    return agreed.error();
  return std::optional(std::move(*agreed));
}

corpus_run::corpus_run(corpus_run_setup setup) : setup_(std::move(setup)) {
  WEFT_ASSERT(setup_.round_candidates > 0);
  for (auto& engine : setup_.engines)
    engine = once_failed_left_alone(std::move(engine));
}

const corpus_result& corpus_run::outcome() const {
  WEFT_ASSERT(outcome_);
  return *outcome_;
}

std::optional<corpus_rows> corpus_run::take_rows() {
  if (!shard_)
    return std::move(setup_.rows);
  if (!setup_.keep_rows)
    return std::nullopt;
  return corpus_rows{shard_->dimensions, std::move(shard_->items), std::move(shard_->rows), std::move(shard_->tokens),
                     std::move(shard_->sources)};
}

const corpus_shard& corpus_run::shard() const {
  WEFT_ASSERT(shard_);
  return *shard_;
}

const assigned_points& corpus_run::points() const {
  WEFT_ASSERT(outcome_);
  return *points_;
}

status corpus_run::step(corpus_group& group) {
  WEFT_ASSERT(next_ != corpus_step::done);
  if (auto go = group.go_on(); !go)
    return go;
  switch (next_) {
  case corpus_step::measure:
    return measure(group);
  case corpus_step::seeds:
    return draw_seeds(group);
  case corpus_step::iterations:
    return iterate(group);
  case corpus_step::duplicates:
    return compare(group);
  case corpus_step::summary:
    return summarize(group);
  default:
    return extract(group);
  }
}

void corpus_run::advance(corpus_step next) {
  next_ = next;
  if (next != corpus_step::done)
    checkpoint_->next = next;
}

/// Everything that the ranks must have in common is compared here, once.
status corpus_run::measure(corpus_group& group) {
  if (auto met = group.same(fingerprint_of(setup_.options), "options"); !met)
    return met;
  for (const uint64_t limit : {setup_.round_bytes_max, uint64_t{setup_.round_candidates}, uint64_t{setup_.keep_rows}})
    if (auto met = group.same(limit, "limits"); !met)
      return met;
  if (auto checked = check(setup_.options); !checked)
    return checked;
  auto shard = make_shard(group, std::move(setup_.rows), setup_.keep_rows);
  if (!shard)
    return shard.error();
  shard_ = std::make_shared<corpus_shard>(std::move(*shard));
  const auto facts = measure_corpus(group, *shard_);
  if (!facts)
    return facts.error();
  if (auto checked = check(setup_.options, *facts); !checked)
    return checked;
  // A rank that comes with something stale, however far that is, does not cost the others their work.
  if (setup_.from && (setup_.from->options != setup_.options || setup_.from->facts != *facts))
    setup_.from.reset();
  auto agreed = agree_on_checkpoint(group, setup_.from);
  if (!agreed)
    return agreed.error();
  setup_.from.reset();
  if (!*agreed) {
    checkpoint_ = {.options = setup_.options, .facts = *facts, .clusters = {}, .duplicates = {}, .summary = {}};
    advance(corpus_step::seeds);
    return ok;
  }
  if ((*agreed)->options != setup_.options || (*agreed)->facts != *facts)
    return failure{errc::state_damaged,
                   "a rank sent a checkpoint of another corpus or of other options: begin anew without it"};
  checkpoint_ = std::move(*agreed);
  next_ = checkpoint_->next;
  return ok;
}

status corpus_run::draw_seeds(corpus_group& group) {
  const auto& facts = checkpoint_->facts;
  auto centroids = shard_seeds(group, *shard_, facts, clusters_of(setup_.options, facts.items), setup_.options.seed);
  if (!centroids)
    return centroids.error();
  checkpoint_->clusters = {.radius = radius_of(facts.squares, facts.items), .centroids = std::move(*centroids)};
  advance(corpus_step::iterations);
  return ok;
}

shard_clusters& corpus_run::clusters() {
  if (!clusters_) {
    const auto& from = checkpoint_->clusters;
    const auto count = static_cast<uint32_t>(from.centroids.size() / shard_->dimensions);
    clusters_ =
        std::make_unique<shard_clusters>(shard_->dimensions, from, setup_.options.iterations_max,
                                         setup_.engines.empty() ? make_cpu_assigner(*shard_, count)
                                                                : make_engines_assigner(shard_, count, setup_.engines));
  }
  return *clusters_;
}

status corpus_run::iterate(corpus_group& group) {
  if (auto iterated = clusters().iterate(group); !iterated)
    return iterated;
  checkpoint_->clusters = clusters().checkpoint();
  if (clusters().settled())
    advance(setup_.options.duplicate_similarity > 0 ? corpus_step::duplicates : corpus_step::summary);
  return ok;
}

/// Labels, once they are final.
status corpus_run::fetch_points(corpus_group& group) {
  if (points_)
    return ok;
  auto points = clusters().points(group);
  if (!points)
    return points.error();
  points_ = std::move(*points);
  return ok;
}

status corpus_run::compare(corpus_group& group) {
  if (auto fetched = fetch_points(group); !fetched)
    return fetched;
  if (!duplicates_) {
    const duplicate_options options{setup_.options.duplicate_similarity, setup_.options.duplicate_group_items,
                                    setup_.round_bytes_max};
    auto planned = near_duplicates::plan(group, *shard_, *points_, clusters().clusters(), options,
                                         checkpoint_->duplicates, setup_.engines);
    if (!planned)
      return planned.error();
    duplicates_.emplace(std::move(*planned));
  }
  if (!duplicates_->done())
    if (auto compared = duplicates_->round(group); !compared)
      return compared;
  checkpoint_->duplicates = duplicates_->checkpoint();
  if (duplicates_->done())
    advance(corpus_step::summary);
  return ok;
}

status corpus_run::summarize(corpus_group& group) {
  if (auto fetched = fetch_points(group); !fetched)
    return fetched;
  auto summary = summarize_clusters(group, *shard_, *points_, mark_duplicates(*shard_, checkpoint_->duplicates.found),
                                    clusters().clusters());
  if (!summary)
    return summary.error();
  if (setup_.options.extract_tokens == 0)
    return finish(group, std::move(*summary), {}); // a checkpoint of this step has none
  checkpoint_->summary = std::move(*summary);
  advance(corpus_step::extract);
  return ok;
}

status corpus_run::extract(corpus_group& group) {
  if (auto fetched = fetch_points(group); !fetched)
    return fetched;
  auto picks = plan_extract(group, *shard_, *points_, mark_duplicates(*shard_, checkpoint_->duplicates.found),
                            checkpoint_->summary, {setup_.options.extract_tokens, setup_.round_candidates});
  if (!picks)
    return picks.error();
  return finish(group, checkpoint_->summary, std::move(*picks));
}

status corpus_run::finish(corpus_group& group, std::vector<corpus_cluster> summary, std::vector<extract_pick> picks) {
  auto labels = gather_labels(group, *shard_, *points_, checkpoint_->facts.items);
  if (!labels)
    return labels.error();
  outcome_ = {checkpoint_->facts, checkpoint_->clusters.iteration, checkpoint_->clusters.centroids,
              std::move(summary), checkpoint_->duplicates.found,   std::move(picks),
              std::move(*labels)};
  advance(corpus_step::done);
  return ok;
}

} // namespace weft
