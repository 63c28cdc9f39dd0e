#pragma once

#include "runtime/points/product_kernels.hpp"

#include <span>
#include <vector>

namespace weft {

/// Bytes that begin where a cache line does, so that no load of a kernel crosses two.
class line_buffer {
public:
  explicit line_buffer(size_t bytes) : lines_((bytes + 63) / 64) {}
  std::byte* data() noexcept { return lines_.empty() ? nullptr : lines_.front().bytes; }
  const std::byte* data() const noexcept { return lines_.empty() ? nullptr : lines_.front().bytes; }

private:
  struct alignas(64) line {
    std::byte bytes[64];
  };
  std::vector<line> lines_;
};

/// Columns laid out for the products of one set of kernels. Immutable, so thread-safe.
class packed_columns {
public:
  /// columns: [count, dimensions]. REQUIRES: dimensions > 0.
  packed_columns(std::span<const int8_t> columns, uint32_t dimensions,
                 const product_kernels& kernels = best_product_kernels());

  const product_kernels& kernels() const noexcept { return *kernels_; }
  uint32_t dimensions() const noexcept { return dimensions_; }
  size_t count() const noexcept { return count_; }
  size_t panels() const noexcept { return (count_ + panel_columns - 1) / panel_columns; }
  const std::byte* panel(size_t index) const noexcept { return bytes_.data() + index * panel_bytes_; }
  /// Real columns of a panel.
  size_t panel_count(size_t index) const noexcept {
    const size_t left = count_ - index * panel_columns;
    return left < panel_columns ? left : panel_columns;
  }

private:
  const product_kernels* kernels_;
  uint32_t dimensions_;
  size_t count_;
  size_t panel_bytes_;
  line_buffer bytes_;
};

/// A block of rows laid out for the same kernels; filled again and again.
class prepared_rows {
public:
  /// Rows that are multiplied with a panel before the next: their sum of bytes stays in the L2 cache. A multiple of the
  /// rows of every set's tiles.
  static constexpr size_t count_max = 48;

  prepared_rows(uint32_t dimensions, const product_kernels& kernels)
      : kernels_(&kernels), dimensions_(dimensions), row_bytes_(kernels.prepared_row_bytes(dimensions)),
        bytes_(row_bytes_ * count_max) {}

  /// rows: [count, dimensions]. REQUIRES: count <= count_max.
  void fill(std::span<const int8_t> rows);
  size_t count() const noexcept { return count_; }
  const std::byte* data() const noexcept { return bytes_.data(); }
  const std::byte* row(size_t index) const noexcept { return bytes_.data() + index * row_bytes_; }

private:
  const product_kernels* kernels_;
  uint32_t dimensions_;
  size_t row_bytes_;
  line_buffer bytes_;
  size_t count_ = 0;
};

} // namespace weft
