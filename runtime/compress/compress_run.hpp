#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compress/learning.hpp"
#include "runtime/compress/output.hpp"
#include "runtime/compress/parameters.hpp"
#include "runtime/ports/engine.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weft {

/// A run cannot go on without these vectors, of length 1, one a text, in their order.
struct vectors_needed {
  std::vector<std::string> texts;
  uint64_t texts_all = 0; ///< of all rounds: what is asked for comes in several where it is much
};

/// So many sentences or lines may a text have whose vectors are needed: 400 MB of points.
inline constexpr uint64_t vector_units_max = 1 << 20;

/// A run cannot go on before an engine has done this: kmeans_work or similarity_work.
struct points_needed {
  engine_work work;
};

using compress_step = std::variant<vectors_needed, points_needed, compress_output>;

struct compress_run_options {
  compress_parameters wanted; ///< resolved: policy is set where the strategy is automatic
  std::function<uint64_t(std::string_view)> count_wordpiece; ///< tokens without specials; thread-safe
};

/// Compresses one text: a state machine that returns what it needs and is resumed with it, so that no thread waits.
/// Deterministic: same text, same parameters, same vectors, same output. Not thread-safe; may move between threads.
/// Tells no time: whoever drives it fills in report.times.
///
///   auto step = run.start();
///   while it is vectors_needed or points_needed: step = run.resume(what came)
///
/// Errors: errc::invalid_argument (a pattern that RE2 refuses, named; more than vector_units_max units where each needs
/// a vector), not_text, invalid_utf8 (the message gives the
/// byte), budget_unreachable (metadata leastTokens, bestRatio), internal (an answer of the wrong size).
class compress_run {
public:
  /// text: stays where it is until the run has ended.
  compress_run(std::string_view text, compress_run_options options);
  compress_run(compress_run&&) noexcept;
  ~compress_run();

  result<compress_step> start();
  result<compress_step> resume(const std::vector<std::vector<float>>& vectors);
  result<compress_step> resume(const engine_output& points);

  /// After the output: what each strategy that was tried reached, where vectors measured it; for strategy_learning.
  /// Costs are not in it. Only an ensemble tries several; its own figures are those of the output.
  std::vector<strategy_trial> trials() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace weft
