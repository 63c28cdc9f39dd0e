#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace weft {

__extension__ using uint128 = unsigned __int128;

/// log2(1 + i/256) in units of 2^-48, rounded down, for i in [0, 256]. Computed when compiling, with integers only:
/// squaring x doubles its logarithm, so each squaring yields one more binary digit.
constexpr std::array<uint64_t, 257> make_log2_table() noexcept {
  std::array<uint64_t, 257> table{};
  for (uint64_t i = 0; i < 256; ++i) {
    uint64_t x = (256 + i) << 54; // 1 + i/256 with 62 binary places
    uint64_t digits = 0;
    for (int digit = 0; digit < 48; ++digit) {
      const uint128 square = uint128{x} * x >> 62;
      const bool two = square >> 63 != 0;
      digits = digits << 1 | (two ? 1u : 0u);
      x = static_cast<uint64_t>(two ? square >> 1 : square);
    }
    table[i] = digits;
  }
  table[256] = uint64_t{1} << 48;
  return table;
}
inline constexpr std::array<uint64_t, 257> log2_table = make_log2_table();

/// -log2((hash + 1) / 2^64) in units of 2^-48: exponentially distributed when `hash` is uniform, from 0 to 64 · 2^48.
/// The table is joined by chords. They lie below the curve and everything is rounded down, so the answer is never below
/// the true value; it is at most 0.1 % (and two units) above. Integers only: two machines always agree.
constexpr uint64_t exponential(uint64_t hash) noexcept {
  const uint64_t number = hash + 1;
  if (number == 0)
    return 0; // 2^64
  const int shift = std::countl_zero(number);
  const uint64_t mantissa = number << shift; // 1.xxx, the 1 is bit 63
  const uint64_t index = mantissa >> 55 & 0xFF;
  const uint64_t between = mantissa & ((uint64_t{1} << 55) - 1);
  const auto chord = static_cast<uint64_t>(uint128{log2_table[index + 1] - log2_table[index]} * between >> 55);
  return (static_cast<uint64_t>(shift + 1) << 48) - log2_table[index] - chord;
}

/// A node's weight as rendezvous_cost() wants it.
struct rendezvous_weight {
  /// REQUIRES: 0 < weight < 65536.
  constexpr explicit rendezvous_weight(uint32_t weight) noexcept
      : inverse((uint64_t{1} << 40) / weight),
        floor_factor(static_cast<uint64_t>(uint128{log2_e} * inverse >> (32 - 48 + 62))) {}

  /// log2(e) with 62 binary places, rounded down.
  static constexpr uint64_t log2_e = 6'653'256'548'922'161'245u;

  uint64_t inverse;      ///< 2^40 / weight
  uint64_t floor_factor; ///< see rendezvous_floor()
};

/// What is compared: -log2(u) / weight, the logarithm method of weighted rendezvous hashing (Schindelhauer, Schomaker
/// 2005; its -weight / ln(u) upside down). The node with the least has the key: its share of all keys is its share of
/// the weights.
constexpr uint64_t rendezvous_cost(uint64_t hash, const rendezvous_weight& weight) noexcept {
  return static_cast<uint64_t>(uint128{exponential(hash)} * weight.inverse >> 32);
}

/// Never above rendezvous_cost(), and one multiplication: -log2(u) >= (1 - u) · log2(e). It spares most nodes of a
/// large cluster the logarithm.
constexpr uint64_t rendezvous_floor(uint64_t hash, const rendezvous_weight& weight) noexcept {
  return static_cast<uint64_t>(uint128{~hash} * weight.floor_factor >> 64);
}

} // namespace weft
