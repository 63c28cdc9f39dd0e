#include "runtime/compress/compress_run.hpp"

#include "runtime/compress/run_state.hpp"

#include <utility>

namespace weft {
namespace {

bool needs_meaning(compress_strategy strategy) noexcept {
  return strategy == compress_strategy::semantic || strategy == compress_strategy::ensemble;
}

failure out_of_turn() {
  return {errc::internal, "a compression was resumed with what it did not ask for"};
}

} // namespace

result<compress_step> compress_run::state::advance() {
  if (now == stage::vectors) {
    if (intake)
      if (auto texts = intake->next())
        return compress_step{*std::move(texts)};
    if (!source.whole())
      plan_semantic();
    now = stage::choose;
  }
  if (now == stage::choose) {
    if (semantic)
      if (auto work = semantic->next())
        return compress_step{points_needed{*std::move(work)}};
    if (!source.whole())
      if (auto chosen = choose(); !chosen)
        return chosen.error();
    now = stage::measure;
  }
  if (now == stage::measure) {
    if (meter)
      if (auto work = meter->next())
        return compress_step{points_needed{*std::move(work)}};
    for (size_t i = 0; meter && i < candidates.size(); ++i)
      candidates[i].quality.coverage = meter->coverage(i);
    if (options.wanted.mega_tokens > 0 && intake)
      mega.emplace(source.text, intake->all(), options.wanted.mega_tokens);
    now = stage::mega;
  }
  if (now == stage::mega) {
    if (mega)
      if (auto work = mega->next())
        return compress_step{points_needed{*std::move(work)}};
    now = stage::done;
    return compress_step{finish()};
  }
  return out_of_turn();
}

void compress_run::state::plan_semantic() {
  candidates = rank_without_vectors(source, options.wanted);
  if (!needs_meaning(source.strategy))
    return;
  favour = favour_of(candidates, static_cast<uint32_t>(source.text.units.size()));
  semantic_request request;
  request.source = &source.text;
  request.vectors = &intake->all();
  request.required = source.required;
  request.budget = source.target;
  request.query = options.wanted.query;
  if (source.strategy == compress_strategy::ensemble)
    request.favour = favour;
  semantic.emplace(request);
}

status compress_run::state::choose() {
  if (semantic) {
    candidates.insert(candidates.begin(), {compress_strategy::semantic, semantic->ranking()});
    if (source.strategy == compress_strategy::ensemble)
      candidates.push_back(join_all(source, semantic->favoured_ranking()));
  }
  if (auto filled = fill_candidates(source, options.wanted, candidates); !filled)
    return filled;
  if (!intake)
    return ok;
  std::vector<std::vector<uint32_t>> kept;
  for (const auto& each : candidates)
    kept.push_back(each.filled.kept);
  meter.emplace(intake->all(), std::move(kept));
  return ok;
}

compress_output compress_run::state::finish() {
  auto out = source.whole() ? whole_output(source, options.wanted)
                            : make_output(source, options.wanted, candidates, intake ? &intake->all() : nullptr);
  if (mega)
    out.mega_tokens = mega->take_tokens();
  return out;
}

namespace {

status check_units(uint64_t units) {
  if (units <= vector_units_max)
    return ok;
  return failure{errc::invalid_argument,
                 "the text has " + std::to_string(units) + " sentences or lines, and at most " +
                     std::to_string(vector_units_max) +
                     " can have vectors: use strategy frequency, template or hierarchical, without mega-tokens",
                 {{"units", std::to_string(units)}, {"limit", std::to_string(vector_units_max)}}};
}

} // namespace

compress_run::compress_run(std::string_view text, compress_run_options options)
    : state_(std::make_unique<state>(text, std::move(options))) {}
compress_run::compress_run(compress_run&&) noexcept = default;
compress_run::~compress_run() = default;

result<compress_step> compress_run::start() {
  auto source = read_source(state_->text, state_->options);
  if (!source)
    return source.error();
  state_->source = *std::move(source);
  const bool meaning = !state_->source.whole() && needs_meaning(state_->source.strategy);
  const bool points = state_->options.wanted.mega_tokens > 0 && !state_->source.text.units.empty();
  if (meaning || points) {
    // What cannot be reached is refused before anything is embedded.
    if (auto few = check_units(state_->source.text.units.size()); !few)
      return few.error();
    if (auto possible = can_fill(state_->source, state_->options.wanted); !possible)
      return possible.error();
    state_->intake.emplace(state_->source.text, meaning ? std::string_view{state_->options.wanted.query} : "");
  }
  return state_->advance();
}

result<compress_step> compress_run::resume(const std::vector<std::vector<float>>& vectors) {
  if (state_->now != state::stage::vectors || !state_->intake)
    return out_of_turn();
  if (auto taken = state_->intake->take(vectors); !taken)
    return taken.error();
  return state_->advance();
}

result<compress_step> compress_run::resume(const engine_output& points) {
  status taken = out_of_turn();
  if (state_->now == state::stage::choose && state_->semantic)
    taken = state_->semantic->take(points);
  else if (state_->now == state::stage::measure && state_->meter)
    taken = state_->meter->take(points);
  else if (state_->now == state::stage::mega && state_->mega)
    taken = state_->mega->take(points);
  if (!taken)
    return taken.error();
  return state_->advance();
}

std::vector<strategy_trial> compress_run::trials() const {
  const auto& all = state_->candidates;
  std::vector<extract_quality> measured;
  for (const auto& each : all)
    measured.push_back(each.quality);
  std::vector<strategy_trial> out;
  for (const auto& each : all) {
    // What an ensemble answers with is the best of them, whoever's order that is.
    const auto& given = each.strategy == compress_strategy::ensemble ? all[best_of(measured)] : each;
    if (given.quality.coverage >= 0 && given.filled.tokens > 0)
      out.push_back({each.strategy, given.quality.coverage, given.quality.term_coverage,
                     static_cast<double>(state_->source.tokens) / static_cast<double>(given.filled.tokens)});
  }
  return out;
}

} // namespace weft
