#include "runtime/points/packed_columns.hpp"

#include "runtime/base/assert.hpp"

namespace weft {

packed_columns::packed_columns(std::span<const int8_t> columns, uint32_t dimensions, const product_kernels& kernels)
    : kernels_(&kernels), dimensions_(dimensions), count_(columns.size() / dimensions),
      panel_bytes_(kernels.panel_bytes(dimensions)), bytes_(panels() * panel_bytes_) {
  WEFT_ASSERT(columns.size() == count_ * dimensions);
  for (size_t p = 0; p < panels(); ++p)
    kernels.pack_panel(columns.data() + p * panel_columns * dimensions, panel_count(p), dimensions,
                       bytes_.data() + p * panel_bytes_);
}

void prepared_rows::fill(std::span<const int8_t> rows) {
  count_ = rows.size() / dimensions_;
  WEFT_ASSERT(rows.size() == count_ * dimensions_);
  WEFT_ASSERT(count_ <= count_max);
  for (size_t r = 0; r < count_; ++r)
    kernels_->prepare_row(rows.data() + r * dimensions_, dimensions_, bytes_.data() + r * row_bytes_);
}

} // namespace weft
