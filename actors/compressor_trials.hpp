#pragma once

#include "runtime/compress/compress_run.hpp"
#include "runtime/compress/learning.hpp"
#include "runtime/ports/call.hpp"
#include "runtime/ports/compress_table.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace weft {

/// A text that `auto` has compressed, compressed again by an ensemble to see what other strategies reach on it. Nobody
/// waits for its answer.
class trial_call final : public call {
public:
  trial_call(weft::context context, embed_request request, std::chrono::nanoseconds embed_before)
      : call(std::move(context), std::move(request)), embed_before_(embed_before) {}

  /// What the vectors took in the compression that it follows, whose sentences it finds in the cache.
  std::chrono::nanoseconds embed_before() const noexcept { return embed_before_; }

private:
  void on_reply(embed_result&&) noexcept override {}
  void on_fail(failure&&) noexcept override {}

  const std::chrono::nanoseconds embed_before_;
};

/// What COMPRESSOR learns: which strategy suits which content, from trials. Only proposes: the table that holds is the
/// cluster's setting. What was learnt lasts as long as the actor.
class compressor_trials {
public:
  /// every: one text of so many that `auto` has compressed is tried; 0: none.
  explicit compressor_trials(uint32_t every = 64) : every_(every) {}

  /// What a text's compression for `source` took, and what each of several strategies reached in it. A trial's vectors
  /// count with what they took before it (trial_call), where that is more.
  void record(const call& source, const compress_report& report, uint64_t text_bytes,
              std::span<const strategy_trial> reached);

  /// The trial that follows a text's compression, whose vectors took so long; null: none does. It is of low priority
  /// and ends with `until`.
  call_ptr next_trial(const call& source, const std::string& text, const compress_parameters& wanted,
                      std::chrono::nanoseconds embed_took, time_point until);

  compress_table describe(const compress_policy& now) const;

private:
  uint32_t every_;
  uint32_t since_last_ = 0;
  uint64_t texts_tried_ = 0;
  strategy_learning learning_;
};

} // namespace weft
