#include "runtime/points/query_products.hpp"

namespace weft {

static_assert(query_products::few_max <= prepared_rows::count_max);

query_products::query_products(std::span<const int8_t> queries, uint32_t dimensions, const product_kernels& kernels)
    : kernels_(&kernels), dimensions_(dimensions), is_few_(queries.size() <= few_max * dimensions),
      columns_(is_few_ ? std::span<const int8_t>{} : queries, dimensions, kernels), rows_(dimensions, kernels),
      products_(prepared_rows::count_max * (is_few_ ? 1 : panel_columns)) {
  if (is_few_)
    rows_.fill(queries);
}

} // namespace weft
