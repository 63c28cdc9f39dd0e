#pragma once

#include "runtime/compress/compress_run.hpp"
#include "runtime/compress/coverage_meter.hpp"
#include "runtime/compress/ensemble.hpp"
#include "runtime/compress/mega_plan.hpp"
#include "runtime/compress/select/fill.hpp"
#include "runtime/compress/select/token_counter.hpp"
#include "runtime/compress/semantic.hpp"
#include "runtime/compress/strategies/templates.hpp"
#include "runtime/compress/unit_vectors.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// An extract that a run could answer with.
struct run_candidate {
  compress_strategy strategy = compress_strategy::semantic; ///< whose order it is; ensemble: of several
  strategy_ranking ranking;
  fill_output filled{};
  extract_quality quality{};
};

/// A text that is understood: what is known before anything is chosen.
struct run_source {
  document text;
  token_count count;
  uint64_t tokens = 0;
  uint64_t target = 0;
  compress_strategy strategy = compress_strategy::semantic; ///< never automatic
  std::string policy_version;
  std::string why_strategy;
  std::vector<uint8_t> required;           ///< [units]; empty: no rules
  std::optional<template_facts> templates; ///< of logs and records

  /// Everything fits, or there is nothing.
  bool whole() const noexcept { return target >= tokens || text.units.empty(); }
};

/// Splits, counts, applies the rules and resolves the strategy. Errors: those of compress_run.
result<run_source> read_source(std::string_view text, const compress_run_options& options);

/// Whether anything fits the budget; errc::budget_unreachable.
status can_fill(const run_source& source, const compress_parameters& wanted);

/// The rankings of the source's strategy that need no vectors: its own, or those that an ensemble has beside semantic.
std::vector<run_candidate> rank_without_vectors(const run_source& source, const compress_parameters& wanted);

/// What these think of each unit: [units], 0 to 256.
std::vector<uint32_t> favour_of(const std::vector<run_candidate>& others, uint32_t units);

/// For an ensemble, from what semantic makes of the others' favour: all exceptions of a log or of records come first.
run_candidate join_all(const run_source& source, strategy_ranking favoured);

/// Fills the budget with each ranking, and measures what needs no vectors. errc::budget_unreachable.
status fill_candidates(const run_source& source, const compress_parameters& wanted, std::vector<run_candidate>& all);

/// A whole text as its own extract.
compress_output whole_output(const run_source& source, const compress_parameters& wanted);

/// What is said about the best of the candidates. vectors: null: there are none.
compress_output make_output(const run_source& source, const compress_parameters& wanted,
                            const std::vector<run_candidate>& candidates, const unit_vectors* vectors);

struct compress_run::state {
  enum class stage : uint8_t { vectors, choose, measure, mega, done };

  state(std::string_view input, compress_run_options given) : text(input), options(std::move(given)) {}

  /// On to the next need, or to the end.
  result<compress_step> advance();

  std::string_view text;
  compress_run_options options;
  stage now = stage::vectors;
  run_source source{};
  std::optional<vector_intake> intake{}; ///< empty: no vectors are needed
  std::optional<semantic_plan> semantic{};
  std::vector<run_candidate> candidates{};
  std::vector<uint32_t> favour{}; ///< of an ensemble's others
  std::optional<coverage_meter> meter{};
  std::optional<mega_plan> mega{};

private:
  void plan_semantic();
  status choose();
  compress_output finish();
};

} // namespace weft
