#include "actors/compressor_trials.hpp"

#include <algorithm>
#include <chrono>

namespace weft {

void compressor_trials::record(const call& source, const compress_report& report, uint64_t text_bytes,
                               std::span<const strategy_trial> reached) {
  const auto size = size_of(text_bytes);
  if (reached.size() > 1) {
    ++texts_tried_;
    learning_.record(report.content, size, reached);
  }
  if (text_bytes == 0 || report.units_kept == report.units) // a text that comes back whole has cost nothing
    return;
  const auto& took = report.times;
  auto embed = took.embed;
  // A trial that finds its sentences in the cache would make ensembles look cheap; one whose text was compressed
  // without vectors before has had them computed itself. Whichever took longer was computing.
  if (const auto* trial = dynamic_cast<const trial_call*>(&source))
    embed = std::max(embed, trial->embed_before());
  const std::chrono::duration<double> seconds = took.split + embed + took.points + took.select;
  const strategy_trial cost{.strategy = report.strategy,
                            .coverage = std::max(report.coverage, 0.0),
                            .term_coverage = std::max(report.term_coverage, 0.0),
                            .ratio = report.ratio,
                            .seconds_per_mb = seconds.count() * 1e6 / static_cast<double>(text_bytes)};
  learning_.record(report.content, size, {&cost, 1});
}

call_ptr compressor_trials::next_trial(const call& source, const std::string& text, const compress_parameters& wanted,
                                       std::chrono::nanoseconds embed_took, time_point until) {
  // Large texts would cost seconds of an engine's time for one measurement.
  if (every_ == 0 || wanted.strategy != compress_strategy::automatic || size_of(text.size()) == size_class::large)
    return nullptr;
  if (++since_last_ < every_)
    return nullptr;
  since_last_ = 0;
  auto trial = wanted;
  trial.strategy = compress_strategy::ensemble;
  trial.policy.clear();
  trial.mega_tokens = 0;
  embed_request request{.model = source.request().model, .texts = {text}, .options = {}};
  request.options.compress = canonical_form(trial);
  request.options.cached = source.request().options.cached;
  auto context = source.context();
  context.priority = priority::batch;
  context.deadline = until;
  return std::make_shared<trial_call>(std::move(context), std::move(request), embed_took);
}

compress_table compressor_trials::describe(const compress_policy& now) const {
  compress_table out{.text = canonical_form(now), .version = version_of(now)};
  out.release_text = canonical_form(default_policy());
  out.texts_tried = texts_tried_;
  const auto proposal = learning_.propose(now);
  if (!proposal)
    return out;
  out.proposed_text = canonical_form(proposal->next);
  out.proposed_version = version_of(proposal->next);
  for (const auto& change : proposal->changes)
    out.changes.push_back({.content = std::string{to_string(change.kind)},
                           .size = change.size == size_class::small ? "small" : "large",
                           .from = std::string{to_string(change.from)},
                           .to = std::string{to_string(change.to)},
                           .reason = change.reason});
  return out;
}

} // namespace weft
