#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compress/kinds.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

inline constexpr double compress_ratio_min = 2;
inline constexpr double compress_ratio_max = 32;
inline constexpr uint32_t compress_query_bytes_max = 4'096;
inline constexpr uint32_t compress_patterns_max = 64;
inline constexpr uint32_t compress_patterns_bytes_max = 8'192; ///< together
inline constexpr uint32_t mega_tokens_max = 1'024;

/// What a caller asks of compress. Exactly one of ratio and tokens is set.
struct compress_parameters {
  std::optional<double> ratio;    ///< source tokens over output tokens, 2 to 32
  std::optional<uint64_t> tokens; ///< at most so many, at least 1
  compress_strategy strategy = compress_strategy::automatic;
  counter_kind counter = counter_kind::wordpiece;
  std::string query;                 ///< keep what answers it; "" = none
  std::vector<keep_kind> keep;       ///< ascending, each once
  std::vector<std::string> patterns; ///< RE2: a unit in which one matches is kept
  bool extract = true;               ///< the kept text itself
  uint32_t mega_tokens = 0;          ///< so many centroids; 0: none
  /// The table by which `auto` chooses, as canonical text (compress_policy); "": not resolved yet. Part of the
  /// identity, so that the same identity means the same result whatever the cluster's table becomes.
  std::string policy;

  bool operator==(const compress_parameters&) const = default;
};

/// Why they cannot be meant: errc::invalid_argument, naming the field. Does not compile the patterns.
status check(const compress_parameters& wanted);

/// Their canonical form: equal texts exactly when the parameters are equal. REQUIRES: check() found nothing.
std::string canonical_form(const compress_parameters& wanted);

/// The parameters of a canonical form; errc::invalid_argument for any other text.
result<compress_parameters> parse_parameters(std::string_view canonical);

} // namespace weft
