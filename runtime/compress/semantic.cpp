#include "runtime/compress/semantic.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compress/unit_interest.hpp"
#include "runtime/points/seed_centroids.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace weft {
namespace {

constexpr uint32_t clusters_max = 512;     // of a block: more cost time, and facility location finds what they miss
constexpr uint64_t seed = 0x5eed;          // fixed: the same text gives the same clusters
constexpr uint32_t fact_sixteenths = 12;   // what a fact of full interest is worth, in 16ths of a unit covered whole
constexpr uint32_t favour_sixteenths = 12; // the same for a unit that others put first

std::span<const int8_t> rows_of(const unit_vectors& vectors, uint32_t begin, uint32_t end) {
  return std::span{vectors.values}.subspan(size_t{begin} * vectors.dimensions,
                                           size_t{end - begin} * vectors.dimensions);
}

} // namespace

semantic_plan::semantic_plan(const semantic_request& request)
    : request_(request), chosen_(request.source->units.size()), interest_(fact_interest(*request.source)) {
  std::copy(request.required.begin(), request.required.end(), chosen_.begin());
  if (!request.vectors->query.empty())
    pick_for_query();
  cut_blocks();
  if (!blocks_.empty())
    stage_ = blocks_[0].clusters > 0 ? stage::cluster : stage::compare;
}

void semantic_plan::pick_for_query() {
  const auto& vectors = *request_.vectors;
  const auto& tokens = request_.source->tokens;
  const auto units = static_cast<uint32_t>(chosen_.size());
  relevance_ = query_overlap(*request_.source, request_.query);
  // Half by meaning, half by words: names and numbers of a question say little to the model and all to a search.
  for (uint32_t i = 0; i < units; ++i) {
    const int64_t product = std::max<int64_t>(0, product_of(vectors.of(i), vectors.query));
    const auto near = static_cast<uint32_t>(std::min<int64_t>(full_interest, product * full_interest / vectors.one()));
    relevance_[i] = (relevance_[i] + near) / 2;
  }
  std::vector<uint32_t> nearest(units);
  std::iota(nearest.begin(), nearest.end(), 0U);
  std::stable_sort(nearest.begin(), nearest.end(),
                   [this](uint32_t a, uint32_t b) { return relevance_[a] > relevance_[b]; });
  uint64_t left = request_.budget / 2;
  for (const auto unit : nearest)
    if (!chosen_[unit] && (tokens[unit] <= left || (for_query_.empty() && tokens[unit] <= request_.budget))) {
      left -= std::min<uint64_t>(left, tokens[unit]);
      chosen_[unit] = 1;
      for_query_.push_back(unit);
    }
}

void semantic_plan::cut_blocks() {
  const auto units = static_cast<uint32_t>(chosen_.size());
  if (units == 0)
    return;
  const auto& tokens = request_.source->tokens;
  const uint64_t all = std::max<uint64_t>(1, std::accumulate(tokens.begin(), tokens.end(), uint64_t{0}));
  const uint32_t count = (units + semantic_block_max - 1) / semantic_block_max;
  for (uint32_t i = 0; i < count; ++i) {
    block now;
    now.begin = static_cast<uint32_t>(uint64_t{units} * i / count);
    now.end = static_cast<uint32_t>(uint64_t{units} * (i + 1) / count);
    uint64_t here = 0;
    uint64_t spent = 0;
    for (uint32_t unit = now.begin; unit < now.end; ++unit) {
      here += tokens[unit];
      spent += chosen_[unit] ? tokens[unit] : 0;
    }
    const auto share = static_cast<uint64_t>(static_cast<double>(request_.budget) * static_cast<double>(here) /
                                             static_cast<double>(all));
    now.budget = share > spent ? share - spent : 0;
    now.clusters = clusters_for(now);
    blocks_.push_back(std::move(now));
  }
}

/// About as many as units fit, so that each has a representative; 0: too few for clusters to say anything.
uint32_t semantic_plan::clusters_for(const block& now) const {
  uint64_t here = 0;
  uint32_t open = 0;
  for (uint32_t unit = now.begin; unit < now.end; ++unit)
    if (!chosen_[unit]) {
      here += request_.source->tokens[unit];
      ++open;
    }
  if (here == 0)
    return 0;
  const auto fit = static_cast<uint64_t>(static_cast<double>(now.budget) * open / static_cast<double>(here));
  const auto clusters = static_cast<uint32_t>(std::min<uint64_t>({fit, open / 2, clusters_max}));
  return clusters < 2 ? 0 : clusters;
}

engine_work semantic_plan::kmeans_for(const block& now) const {
  const auto rows = rows_of(*request_.vectors, now.begin, now.end);
  kmeans_work work;
  work.dimensions = request_.vectors->dimensions;
  work.points.assign(rows.begin(), rows.end());
  work.centroids = seed_centroids(rows, work.dimensions, now.clusters, seed);
  return work;
}

engine_work semantic_plan::similarity_for(const block& now) const {
  const auto rows = rows_of(*request_.vectors, now.begin, now.end);
  similarity_work work;
  work.dimensions = request_.vectors->dimensions;
  work.rows.assign(rows.begin(), rows.end());
  work.columns = work.rows;
  return work;
}

std::optional<engine_work> semantic_plan::next() {
  switch (stage_) {
  case stage::cluster:
    return kmeans_for(blocks_[at_]);
  case stage::compare:
    return similarity_for(blocks_[at_]);
  case stage::done:
    break;
  }
  return std::nullopt;
}

status semantic_plan::take(const engine_output& output) {
  WEFT_ASSERT(stage_ != stage::done);
  auto& now = blocks_[at_];
  const size_t units = now.end - now.begin;
  if (stage_ == stage::cluster) {
    const auto* found = std::get_if<kmeans_output>(&output);
    if (!found || found->labels.size() != units || found->similarities.size() != units ||
        std::any_of(found->labels.begin(), found->labels.end(), [&](auto label) { return label >= now.clusters; }))
      return failure{errc::internal, "an engine answered k-means with something else"};
    start_ = representatives(now, *found);
    clusters_all_ += now.clusters;
    stage_ = stage::compare;
    return ok;
  }
  const auto* found = std::get_if<similarity_output>(&output);
  if (!found || found->products.size() != units * units)
    return failure{errc::internal, "an engine answered similarities with something else"};
  choose(now, found->products);
  start_.clear();
  ++at_;
  stage_ = at_ == blocks_.size() ? stage::done : blocks_[at_].clusters > 0 ? stage::cluster : stage::compare;
  return ok;
}

/// Of each cluster the unit nearest to its centre; clusters with more tokens first.
std::vector<uint32_t> semantic_plan::representatives(const block& now, const kmeans_output& found) const {
  struct cluster {
    uint64_t tokens = 0;
    int32_t best = std::numeric_limits<int32_t>::min();
    uint32_t unit = 0;
    bool served = false; ///< it has a unit that is chosen already
  };
  std::vector<cluster> clusters(now.clusters);
  for (uint32_t i = 0; i < found.labels.size(); ++i) {
    auto& mine = clusters[found.labels[i]];
    mine.tokens += request_.source->tokens[now.begin + i];
    mine.served |= chosen_[now.begin + i] != 0;
    if (found.similarities[i] > mine.best) {
      mine.best = found.similarities[i];
      mine.unit = i;
    }
  }
  std::erase_if(clusters, [](const auto& each) { return each.tokens == 0 || each.served; });
  std::stable_sort(clusters.begin(), clusters.end(), [](const auto& a, const auto& b) { return a.tokens > b.tokens; });
  std::vector<uint32_t> out;
  for (const auto& each : clusters)
    out.push_back(each.unit);
  return out;
}

void semantic_plan::choose(block& now, std::span<const int32_t> products) {
  const auto units = now.end - now.begin;
  const auto& tokens = request_.source->tokens;
  std::vector<uint32_t> importance(units, usual_importance);
  std::vector<int64_t> bonus(units);
  uint64_t all = 0;
  for (uint32_t i = 0; i < units; ++i) {
    const auto unit = now.begin + i;
    if (!relevance_.empty())
      importance[i] += usual_importance * 3 * relevance_[unit] / full_interest;
    bonus[i] = request_.vectors->one() * fact_sixteenths * interest_[unit] / full_interest;
    all += tokens[unit];
  }
  covering_problem problem;
  problem.products = products;
  problem.costs = std::span{tokens}.subspan(now.begin, units);
  problem.importance = importance;
  problem.bonus = bonus;
  problem.chosen = std::span{chosen_}.subspan(now.begin, units);
  problem.budget = now.budget;
  problem.cost_offset = static_cast<uint32_t>(all / units / 4);
  now.picks = pick_covering(problem);
  if (!start_.empty()) {
    auto from_clusters = problem;
    from_clusters.start = start_;
    auto started = pick_covering(from_clusters);
    if (started.objective > now.picks.objective)
      now.picks = std::move(started);
  }
  if (request_.favour.empty())
    return;
  for (uint32_t i = 0; i < units; ++i)
    bonus[i] += request_.vectors->one() * favour_sixteenths * request_.favour[now.begin + i] / full_interest;
  now.favoured = pick_covering(problem);
}

strategy_ranking semantic_plan::ranking(covering_picks block::*picks) const {
  WEFT_ASSERT(stage_ == stage::done);
  struct place {
    double spent = 0; ///< share of its block's budget that goes to it and to those before it
    uint32_t unit = 0;
  };
  std::vector<place> places;
  uint64_t picked = for_query_.size();
  for (const auto& now : blocks_) {
    uint64_t spent = 0;
    for (const auto unit : (now.*picks).order) {
      spent += request_.source->tokens[now.begin + unit];
      places.push_back(
          {static_cast<double>(spent) / static_cast<double>(std::max<uint64_t>(1, now.budget)), now.begin + unit});
    }
    picked += (now.*picks).within;
  }
  // Every block has spent the same share of its budget at any point of the order.
  std::stable_sort(places.begin(), places.end(), [](const auto& a, const auto& b) { return a.spent < b.spent; });
  strategy_ranking out;
  out.order = for_query_;
  for (const auto& each : places)
    out.order.push_back(each.unit);
  out.why = std::to_string(clusters_all_) + " clusters, " + std::to_string(picked) + " representatives" +
            (for_query_.empty() ? "" : ", " + std::to_string(for_query_.size()) + " for the query") +
            (blocks_.size() > 1 ? ", in " + std::to_string(blocks_.size()) + " blocks" : "");
  return out;
}

} // namespace weft
