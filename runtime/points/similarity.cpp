#include "runtime/points/similarity.hpp"

#include "runtime/points/packed_columns.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace weft {

namespace {

failure fault(const char* what) {
  return {errc::internal, std::string("malformed similarity: ") + what};
}

/// One block of rows with every panel, into out: [block, columns].
void multiply_block(const prepared_rows& block, const packed_columns& columns, int32_t* out) {
  const auto& kernels = columns.kernels();
  int32_t tile[prepared_rows::count_max * panel_columns];
  for (size_t p = 0; p < columns.panels(); ++p) {
    int32_t* const begin = out + p * panel_columns;
    const size_t count = columns.panel_count(p);
    if (count == panel_columns) {
      kernels.multiply(block.data(), block.count(), columns.panel(p), count, columns.dimensions(), begin,
                       columns.count());
      continue;
    }
    kernels.multiply(block.data(), block.count(), columns.panel(p), count, columns.dimensions(), tile, panel_columns);
    for (size_t r = 0; r < block.count(); ++r)
      std::memcpy(begin + r * columns.count(), tile + r * panel_columns, count * sizeof(int32_t));
  }
}

} // namespace

std::optional<failure> find_fault(const similarity_work& work) {
  if (work.dimensions == 0 || work.dimensions > point_dimensions_max)
    return fault("dimensions");
  if (work.rows.size() % work.dimensions != 0)
    return fault("rows are cut");
  if (work.columns.size() % work.dimensions != 0)
    return fault("columns are cut");
  const uint64_t rows = work.rows.size() / work.dimensions;
  const uint64_t columns = work.columns.size() / work.dimensions;
  if (columns > 0 && rows > similarity_products_max / columns)
    return fault("too many products");
  return std::nullopt;
}

similarity_output run_similarity(const similarity_work& work) {
  const size_t dimensions = work.dimensions;
  const size_t rows = work.rows.size() / dimensions;
  const packed_columns columns(work.columns, work.dimensions);
  prepared_rows block(work.dimensions, columns.kernels());
  similarity_output output;
  output.products.resize(rows * columns.count());
  for (size_t r = 0; r < rows && columns.count() > 0; r += prepared_rows::count_max) {
    const size_t count = std::min(rows - r, prepared_rows::count_max);
    block.fill(std::span(work.rows).subspan(r * dimensions, count * dimensions));
    multiply_block(block, columns, output.products.data() + r * columns.count());
  }
  return output;
}

} // namespace weft
