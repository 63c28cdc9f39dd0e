#pragma once

#include "runtime/compress/unit.hpp"

#include <cstdint>
#include <span>

namespace weft {

/// Share of the source's words that the kept units have, each distinct word w weighted by its rarity:
///   sum over kept w of weight(w) / sum over all w of weight(w),  weight(w) = log2(1 + units / units with w)
/// Words are runs of letters, digits and '_', ASCII case aside; CJK characters count one by one. 1 where there are
/// none. In integers, so equal on any machine.
double term_coverage(const document& source, std::span<const uint32_t> kept);

/// Mean over all units i of max over kept j of cosine(i, j), where a cosine below 0 counts as 0. 0 where nothing is
/// kept. vectors: [units, dimensions], |row| = 1. Time: units times kept times dimensions.
double coverage(std::span<const float> vectors, uint32_t dimensions, std::span<const uint32_t> kept);

/// The same from products of 8-bit vectors: products [units, kept], of which `one` is that of a vector with itself
/// (127 * 127 where components are scaled by 127).
double coverage(std::span<const int32_t> products, uint32_t units, double one);

/// cosine(sum over all units i of tokens(i) v(i), sum over kept ones), at least 0: how much the extract is about what
/// the source is about. 0 where nothing is kept. vectors: [units, dimensions]; tokens: [units].
double fidelity(std::span<const float> vectors, uint32_t dimensions, std::span<const uint32_t> tokens,
                std::span<const uint32_t> kept);

} // namespace weft
