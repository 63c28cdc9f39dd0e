#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compress/compress_run.hpp"
#include "runtime/compress/unit.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace weft {

/// So many texts are asked for at a time: enough for full batches, and the floats of a long text are never all there.
inline constexpr uint32_t vectors_round_max = 2'048;

/// The vectors of a document's units as points of 8 bits: a quarter of the memory, and products that are equal to the
/// bit on any machine.
struct unit_vectors {
  uint32_t dimensions = 0;
  float scale = 1;             ///< value ≈ float × scale
  std::vector<int8_t> values;  ///< [units, dimensions]
  std::vector<int8_t> query{}; ///< [dimensions]; empty: there is none

  std::span<const int8_t> of(uint32_t unit) const noexcept {
    return std::span{values}.subspan(size_t{unit} * dimensions, dimensions);
  }
  /// The product of a vector of length 1 with itself.
  int64_t one() const noexcept { return static_cast<int64_t>(scale * scale); }
};

/// Exact. REQUIRES: the same size.
int32_t product_of(std::span<const int8_t> a, std::span<const int8_t> b) noexcept;

/// Asks for the vectors of all units, and of the query at the end, in rounds.
class vector_intake {
public:
  /// source and query stay where they are.
  vector_intake(const document& source, std::string_view query);

  /// What is needed next; nothing: all is there.
  std::optional<vectors_needed> next() const;
  /// The answer to what next() gave last. errc::internal: not as many, or not of equal size.
  status take(const std::vector<std::vector<float>>& vectors);

  const unit_vectors& all() const noexcept { return out_; }

private:
  size_t round_size() const noexcept;

  const document& source_;
  std::string_view query_;
  size_t taken_ = 0; ///< units, and the query after them
  unit_vectors out_;
};

} // namespace weft
