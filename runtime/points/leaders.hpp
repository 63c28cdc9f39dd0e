#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace weft {

/// Cosines of near duplicates are given in ten-thousandths.
inline constexpr uint32_t similarity_one = 10'000;
/// Points that are compared all with all.
inline constexpr uint32_t leader_points_max = 65'536;
/// The leader of a point that is kept.
inline constexpr uint32_t kept_itself = std::numeric_limits<uint32_t>::max();

/// Looks at the points in their order: one whose cosine to a kept point is `similarity` or more has the first such as
/// its leader, any other is kept. So each point has a kept one within the threshold, and a chain of small steps never
/// drops what no kept point is near to. In integers: with L = floor(256 · √(sum of squares)), a · b · 65 536 · 10 000
/// >= similarity · L(a) · L(b). Points of zeros are near to each other only. points: [points, dimensions]; returns
/// [points]. Time: points × kept. REQUIRES: whole points, dimensions up to 4 096, similarity from 1 to similarity_one.
std::vector<uint32_t> find_leaders(std::span<const int8_t> points, uint32_t dimensions, uint32_t similarity);

} // namespace weft
