#pragma once

#include "runtime/base/random_source.hpp"
#include "runtime/compute/cuda/encoder/values.cuh"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

namespace weft::cuda {

/// Normally distributed numbers (Box and Muller), the same for a seed everywhere.
inline std::vector<float> random_floats(random_source& draw, size_t count, float deviation = 1) {
  std::vector<float> out(count);
  for (auto& x : out) {
    const double radius = std::sqrt(-2 * std::log(1 - draw.unit()));
    x = static_cast<float>(radius * std::cos(6.283185307179586 * draw.unit())) * deviation;
  }
  return out;
}

template <class T> std::vector<T> narrowed_all(const std::vector<float>& values) {
  std::vector<T> out(values.size());
  for (size_t i = 0; i < out.size(); ++i)
    narrow(values[i], out[i]);
  return out;
}

template <class Number, class T> std::vector<Number> widened_all(const std::vector<T>& values) {
  std::vector<Number> out(values.size());
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = widen(values[i]);
  return out;
}

/// The largest |a − b|. Not a number counts as infinitely far.
template <class A, class B> double largest_distance(const std::vector<A>& a, const std::vector<B>& b) {
  double out = a.size() == b.size() ? 0 : INFINITY;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double distance = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    out = std::isnan(distance) ? INFINITY : std::max(out, distance);
  }
  return out;
}

/// What rounding to T costs a number near 1.
template <class T> inline constexpr double epsilon_of = 0x1p-24;
template <> inline constexpr double epsilon_of<half_value> = 0x1p-11;
template <> inline constexpr double epsilon_of<bfloat_value> = 0x1p-8;

} // namespace weft::cuda
