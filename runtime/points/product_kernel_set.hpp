#pragma once

#include "runtime/points/product_scan.hpp"
#include "runtime/points/product_tiles.hpp"

namespace weft::inline WEFT_POINTS_ISA {

/// The kernels of the instruction set that the including file is compiled for.
constexpr product_kernels make_product_kernels(std::string_view name) {
  return {.name = name,
          .panel_bytes = panel_bytes,
          .prepared_row_bytes = prepared_row_bytes,
          .pack_panel = pack_panel,
          .prepare_row = prepare_row,
          .multiply = multiply,
          .scan = scan,
          .take_largest = take_largest,
          .add_row = add_row};
}

} // namespace weft::inline WEFT_POINTS_ISA
