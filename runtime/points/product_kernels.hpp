#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft {

/// The instruction sets that the kernels of points are built for.
enum class product_isa : uint8_t { portable, avx2, avx512, avx512_vnni };

/// Columns are laid out in panels of so many, for every set; what is missing in the last panel counts as zeros.
inline constexpr size_t panel_columns = 64;

/// The largest products of one row so far: lane i has that of columns i, i + 16, … and, of equal ones, the first.
struct alignas(64) lane_maxima {
  static constexpr size_t lanes = 16;
  int32_t products[lanes];
  int32_t columns[lanes];
};

/// Exact products of int8 rows, of one instruction set. Every set gives the same bits. Panels and prepared rows are
/// laid out as the set likes: what one set has packed, only that set may multiply. Any values, -128 too; dimensions up
/// to 65 536, so that no int32 overflows. Pure functions: thread-safe.
struct product_kernels {
  std::string_view name;                           ///< "portable", "avx2", "avx512", "avx512_vnni"
  size_t (*panel_bytes)(size_t dimensions);        ///< a multiple of 64
  size_t (*prepared_row_bytes)(size_t dimensions); ///< a multiple of 64
  /// columns: [count, dimensions]. REQUIRES: 1 <= count <= panel_columns.
  void (*pack_panel)(const int8_t* columns, size_t count, size_t dimensions, std::byte* panel);
  void (*prepare_row)(const int8_t* row, size_t dimensions, std::byte* prepared);
  /// out[r * stride + c] = row r times column c, for the first `columns` of the panel; what lies up to panel_columns
  /// may be overwritten. REQUIRES: 1 <= columns <= panel_columns <= stride.
  void (*multiply)(const std::byte* rows, size_t count, const std::byte* panel, size_t columns, size_t dimensions,
                   int32_t* out, size_t stride);
  /// out[p] = the prepared row times point p, which need not be laid out: for few rows. points: [count, dimensions].
  void (*scan)(const std::byte* row, const int8_t* points, size_t count, size_t dimensions, int32_t* out);
  /// Takes in the products of `rows` rows with `count` columns, the first of which is column `first`: a product that is
  /// larger than its lane's takes its place. products: [rows, panel_columns]. REQUIRES: count <= panel_columns, columns
  /// come in ascending order.
  void (*take_largest)(const int32_t* products, size_t rows, size_t count, uint32_t first, lane_maxima* maxima);
  /// sums += row, or -= where `sign` is -1.
  void (*add_row)(const int8_t* row, size_t dimensions, int32_t sign, int32_t* sums);
};

/// The kernels of one set; null when this CPU or this build has it not. The portable ones are always there.
const product_kernels* find_product_kernels(product_isa isa) noexcept;

/// The fastest that this CPU runs.
const product_kernels& best_product_kernels() noexcept;

} // namespace weft
