#pragma once

#include "runtime/ports/engine.hpp"

#include <optional>

namespace weft {

inline constexpr uint32_t point_dimensions_max = 4'096;
inline constexpr uint64_t similarity_products_max = 64ULL << 20;

/// Why this work cannot be done, errc::internal; or nothing. Rows or columns may be missing.
std::optional<failure> find_fault(const similarity_work& work);

/// All products. Equal to the bit on every machine. REQUIRES: find_fault() found nothing.
similarity_output run_similarity(const similarity_work& work);

} // namespace weft
