#pragma once

#include "runtime/compute/model/safetensors.hpp"

#include <cstddef>
#include <optional>
#include <span>

namespace weft {

/// True when the tensor's bytes can be read as float in place: F32, aligned, on a little-endian machine.
bool is_float_view(const tensor_view& tensor) noexcept;

/// Converts F32, F16 or BF16 (every value is exact in fp32) to `out`. False for other types.
/// REQUIRES: out.size() is the number of elements.
bool copy_as_float(const tensor_view& tensor, std::span<float> out) noexcept;

} // namespace weft
