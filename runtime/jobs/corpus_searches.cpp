#include "runtime/jobs/corpus_searches.hpp"

#include "runtime/corpus/shard_search.hpp"
#include "runtime/jobs/corpus_answers.hpp"
#include "runtime/jobs/item_texts.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace weft {
namespace {

using namespace std::chrono_literals;

/// Hits of all queries that one holder may give: about 6 MiB, so that an answer fits a message.
constexpr uint64_t hits_max = 512 * 1'024;
static_assert(hits_max <= share_hits_max);
/// Of all hits of an answer; one text counts as often as it is found.
constexpr uint64_t texts_bytes_max = 64ULL << 20;
constexpr std::chrono::milliseconds pause_after = 500ms;
constexpr uint32_t pauses_max = 20;

bool is_final(errc code) noexcept {
  return code == errc::invalid_argument || code == errc::job_removed || code == errc::unknown_job;
}

/// Several queries may have found one item; its text is there once.
status put_texts(corpus_hits& hits, texts_by_item texts) {
  uint64_t bytes = 0;
  for (const auto& of_query : hits)
    for (const auto& hit : of_query)
      bytes += texts.at(hit.item).size();
  if (bytes > texts_bytes_max)
    return failure{errc::call_too_large,
                   "the texts of these hits have " + std::to_string(bytes) + " bytes, more than " +
                       std::to_string(texts_bytes_max) +
                       ": ask for fewer hits or with fewer queries at once, or for hits without texts",
                   {{"limit", std::to_string(texts_bytes_max)}}};
  std::map<uint64_t, std::shared_ptr<const std::string>> shared;
  for (auto& of_query : hits)
    for (auto& hit : of_query) {
      auto& text = shared[hit.item];
      if (!text)
        text = std::make_shared<const std::string>(std::move(texts.at(hit.item)));
      hit.text = text;
    }
  return ok;
}

} // namespace

corpus_searches::search* corpus_searches::find(uint64_t question) {
  const auto found = searches_.find(question);
  return found == searches_.end() ? nullptr : &found->second;
}

void corpus_searches::end(uint64_t question, result<corpus_hits> outcome) {
  searches_.erase(question);
  state_.desk.want(corpus_ranked{question, std::move(outcome)});
}

void corpus_searches::rank(uint64_t question, corpus_query query) {
  const auto job = done_corpus(state_, query.job);
  if (!job)
    return end(question, job.error());
  if (searches_.size() >= state_.options.corpus_questions_max)
    return end(question, failure{errc::overloaded, "this node searches as many corpora as it may"});
  if (query.count == 0 || query.count > search_count_max || query.vectors.empty())
    return end(question, failure{errc::invalid_argument, "a search needs a query and asks for 1 to " +
                                                             std::to_string(search_count_max) + " items"});
  const search_options options{.count = query.count};
  searches_.emplace(question, search{.query = std::move(query), .options = options, .corpus = nullptr});
  state_.desk.at(state_.now.steady + state_.options.corpus_search_within, [this, question] {
    if (find(question))
      end(question, failure{errc::deadline_exceeded, "the corpus was not searched in time"});
  });
  begin(question);
}

void corpus_searches::begin(uint64_t question) {
  corpora_.find(searches_.at(question).query.job.id,
                [this, question](result<std::shared_ptr<const known_corpus>> corpus) {
                  auto* it = find(question);
                  if (!it)
                    return;
                  if (corpus)
                    return found(question, std::move(*corpus));
                  it->last_failure = corpus.error();
                  if (corpus.error().code == errc::unavailable)
                    return pause(question);
                  end(question, corpus.error());
                });
}

void corpus_searches::found(uint64_t question, std::shared_ptr<const known_corpus> corpus) {
  auto& it = searches_.at(question);
  const auto dimensions = corpus->facts.dimensions;
  if (it.query.vectors.size() % dimensions != 0)
    return end(question, failure{errc::invalid_argument,
                                 "queries of this corpus have " + std::to_string(dimensions) + " numbers each"});
  const auto queries = it.query.vectors.size() / dimensions;
  if (queries > search_queries_max)
    return end(question, failure{errc::invalid_argument,
                                 "at most " + std::to_string(search_queries_max) + " queries are taken at once"});
  if (!it.query.model_version.empty() && it.query.model_version != corpus->model_version)
    return end(question,
               failure{errc::other_identity, "the corpus was embedded by version '" + corpus->model_version +
                                                 "' of its model, the query by '" + it.query.model_version + "'"});
  if (it.query.precision && *it.query.precision != corpus->precision) {
    const std::string wanted{to_string(corpus->precision)};
    return end(question, failure{errc::other_identity,
                                 "the corpus was embedded in numeric class " + wanted +
                                     ", this node embeds queries in " + std::string{to_string(*it.query.precision)} +
                                     ": ask a node that embeds in " + wanted + " (model.precision), or give vectors"});
  }
  if (queries * it.options.count > hits_max)
    return end(question, failure{errc::call_too_large,
                                 "so many items for so many queries are too much at once: ask for fewer of either"});
  if (!it.corpus || it.corpus->plan.roster != corpus->plan.roster) { // the first time, or results have another form
    it.best.assign(queries, {});
    it.left.clear();
    for (const auto& share : corpus->plan.shares)
      it.left.insert(it.left.end(), share.begin(), share.end());
    std::ranges::sort(it.left, {}, &planned_segment::segment);
  }
  it.corpus = std::move(corpus);
  plan(question);
}

/// Gives what is left to holders that have not failed.
void corpus_searches::plan(uint64_t question) {
  auto& it = searches_.at(question);
  auto segments = it.corpus->segments;
  for (auto& each : segments)
    if (!std::ranges::binary_search(it.left, each.segment, {}, &planned_segment::segment))
      each.items = 0; // it is looked at already
  auto workers = state_.workers;
  std::erase_if(workers, [&](const auto& worker) { return it.failed.contains(worker.node); });
  const auto plan = plan_ranks(segments, workers);
  if (!plan) {
    if (it.last_failure.message.empty())
      it.last_failure = plan.error();
    if (it.asked.empty())
      pause(question);
    return;
  }
  const auto left = std::exchange(it.left, {});
  for (size_t rank = 0; rank < plan->ranks.size(); ++rank) {
    std::vector<planned_segment> share;
    for (const auto& each : plan->shares[rank]) // numbered over the whole corpus, not over what is left of it
      share.push_back(*std::ranges::lower_bound(left, each.segment, {}, &planned_segment::segment));
    ask(question, plan->ranks[rank].node, std::move(share));
  }
}

void corpus_searches::ask(uint64_t question, node_id node, std::vector<planned_segment> share) {
  auto& it = searches_.at(question);
  const auto number = ++last_number_;
  corpus_share_search what{.job = it.query.job.id,
                           .scale_exponent = it.corpus->facts.scale_exponent,
                           .roster = it.corpus->plan.roster,
                           .items = it.corpus->plan.items,
                           .job_items = it.corpus->gaps.items_total(),
                           .share = share,
                           .queries = it.query.vectors,
                           .options = it.options};
  it.asked[number] = {node, std::move(share)};
  if (node == state_.self)
    return shares_.search(std::move(what), [this, question, number](result<share_hits> hits) {
      answered(question, number, std::move(hits));
    });
  state_.desk.ask_for<corpus_searched>(
      node, corpus_search{encode(what)}, state_.options.corpus_search_within / 2,
      [this, question, number](result<corpus_searched> answer) {
        answered(question, number, answer ? decode_share_hits(answer->bytes) : result<share_hits>{answer.error()});
      });
}

void corpus_searches::answered(uint64_t question, uint64_t number, result<share_hits> hits) {
  auto* it = find(question);
  if (!it)
    return;
  auto asked = it->asked.extract(number);
  if (asked.empty())
    return; // given up
  auto& [node, share] = asked.mapped();
  const auto queries = it->query.vectors.size() / it->corpus->facts.dimensions;
  if (hits && hits->size() != queries)
    hits = failure{errc::internal, "another node answered another number of queries"};
  if (hits) {
    keep_best(*it, *hits);
  } else if (is_final(hits.error().code)) {
    return end(question, hits.error());
  } else {
    it->failed.insert(node);
    it->last_failure = hits.error();
    it->left.insert(it->left.end(), share.begin(), share.end());
    std::ranges::sort(it->left, {}, &planned_segment::segment);
  }
  if (!it->left.empty())
    return plan(question);
  if (it->asked.empty())
    merge(question);
}

/// Everybody may have come to itself, and segments may lie elsewhere then.
void corpus_searches::pause(uint64_t question) {
  auto& it = searches_.at(question);
  if (++it.pauses > pauses_max)
    return end(question,
               failure{errc::unavailable, "the whole corpus cannot be searched now: " + it.last_failure.message});
  it.failed.clear();
  corpora_.stale(it.query.job.id);
  state_.desk.at(state_.now.steady + pause_after, [this, question] {
    if (find(question))
      begin(question);
  });
}

void corpus_searches::members_changed() {
  std::vector<std::pair<uint64_t, uint64_t>> gone;
  for (const auto& [question, it] : searches_)
    for (const auto& [number, asked] : it.asked)
      if (!state_.places.is_live(asked.node))
        gone.emplace_back(question, number);
  for (const auto& [question, number] : gone)
    answered(question, number, failure{errc::unavailable, "the node that was asked is gone"});
}

/// With what was found so far: no more is held than is asked for.
void corpus_searches::keep_best(search& it, share_hits& hits) {
  for (size_t q = 0; q < hits.size(); ++q) {
    const std::array parts{std::move(it.best[q]), std::move(hits[q])};
    it.best[q] = merge_hits(parts, it.options);
  }
}

void corpus_searches::merge(uint64_t question) {
  const auto& it = searches_.at(question);
  corpus_hits out;
  for (const auto& best : it.best) {
    auto& to = out.emplace_back();
    for (const auto& hit : best) {
      if (hit.item >= it.corpus->gaps.embedded())
        return end(question, failure{errc::internal, "an item was found that the corpus does not have"});
      to.push_back({it.corpus->gaps.item_of(hit.item), hit.score});
    }
  }
  if (!it.query.with_texts)
    return end(question, std::move(out));
  give(question, std::move(out));
}

void corpus_searches::give(uint64_t question, corpus_hits hits) {
  const auto& it = searches_.at(question);
  texts_search wanted{it.query.job.id, it.corpus->segments, {}, damaged_};
  for (const auto& of_query : hits)
    for (const auto& hit : of_query)
      wanted.items.push_back(hit.item);
  read_texts(state_, std::move(wanted), [this, question, hits = std::move(hits)](result<texts_by_item> texts) mutable {
    if (!find(question))
      return;
    if (!texts)
      return end(question, std::move(texts.error()));
    if (auto put = put_texts(hits, std::move(*texts)); !put)
      return end(question, std::move(put.error()));
    end(question, std::move(hits));
  });
}

} // namespace weft
