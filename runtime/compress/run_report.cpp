#include "runtime/compress/run_state.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

/// What is known before anything is chosen.
compress_report report_of(const run_source& source, const compress_parameters& wanted) {
  compress_report out;
  out.source_tokens = source.tokens;
  out.target_tokens = source.target;
  out.counter = wanted.counter;
  out.content = source.text.kind;
  out.why_content = source.text.why_kind;
  out.profile = source.text.profile;
  out.strategy = source.strategy;
  out.why_strategy = source.why_strategy;
  out.policy_version = source.policy_version;
  out.units = static_cast<uint32_t>(source.text.units.size());
  out.units_required = static_cast<uint32_t>(std::count(source.required.begin(), source.required.end(), uint8_t{1}));
  return out;
}

} // namespace

compress_output whole_output(const run_source& source, const compress_parameters& wanted) {
  compress_output out;
  out.report = report_of(source, wanted);
  auto& report = out.report;
  report.ratio = 1;
  report.coverage = report.fidelity = report.term_coverage = 1;
  report.units_kept = report.units;
  if (source.text.units.empty()) {
    report.why_strategy += "; there is nothing to keep";
    return out;
  }
  report.output_tokens = source.tokens;
  report.why_strategy += "; nothing was left out, for the target is no less than the source";
  out.kept.push_back({0, source.text.text.size()});
  if (wanted.extract)
    out.extract = source.text.text;
  return out;
}

compress_output make_output(const run_source& source, const compress_parameters& wanted,
                            const std::vector<run_candidate>& candidates, const unit_vectors* vectors) {
  std::vector<extract_quality> measured;
  for (const auto& each : candidates)
    measured.push_back(each.quality);
  const auto& best = candidates[best_of(measured)];
  compress_output out;
  out.report = report_of(source, wanted);
  auto& report = out.report;
  report.output_tokens = best.filled.tokens;
  report.ratio = report.output_tokens > 0
                     ? static_cast<double>(report.source_tokens) / static_cast<double>(report.output_tokens)
                     : 1;
  report.units_kept = static_cast<uint32_t>(best.filled.kept.size());
  if (candidates.size() > 1)
    report.why_strategy +=
        "; of " + std::to_string(candidates.size()) + " extracts the best is by " +
        (best.strategy == compress_strategy::ensemble ? "all" : std::string{to_string(best.strategy)});
  if (!best.ranking.why.empty())
    report.why_strategy += "; " + best.ranking.why;
  report.coverage = best.quality.coverage;
  report.term_coverage = best.quality.term_coverage;
  if (vectors)
    report.fidelity = fidelity_of(*vectors, source.text.tokens, best.filled.kept);
  if (source.templates) {
    const auto totals = totals_of(*source.templates, best.filled.kept);
    report.templates = totals.templates;
    report.templates_kept = totals.templates_kept;
    report.exceptions = totals.exceptions;
    report.exceptions_kept = totals.exceptions_kept;
    if (best.strategy == compress_strategy::templates)
      out.stands_for = count_stands_for(source.text, *source.templates, best.filled.kept);
  }
  for (const auto unit : best.filled.kept)
    out.kept.push_back({source.text.units[unit].begin, source.text.units[unit].end});
  if (wanted.extract)
    out.extract = best.filled.extract;
  return out;
}

} // namespace weft
