#pragma once

#include "runtime/job/numeric_class.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace weft::bench {

/// A loop of independent multiply-adds in registers: what a CPU can do at most in one numeric class.
struct peak_loop {
  std::string_view name;
  /// Runs `steps` steps and returns the operations in them; a multiply-add counts as two.
  double (*run)(uint64_t steps);
};

/// The loop that a class is compared with on this CPU: fused multiply-add for fp32, pairwise 16-bit multiply-add for
/// int16, tile multiplication for bf16. None when this CPU has no such instruction (portable code has no peak of its
/// own).
std::optional<peak_loop> find_peak(numeric_class precision);

} // namespace weft::bench
