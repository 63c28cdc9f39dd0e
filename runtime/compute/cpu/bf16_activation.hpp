#pragma once

#include "runtime/compute/cpu/simd.hpp"

namespace weft::inline WEFT_ISA {

/// 2^x for x in [-126, 0]; below it 2^-126. Relative error < 1e-4, a fraction of a bfloat16 step; see exp2_of().
WEFT_INLINE vfloat rough_exp2(vfloat x) {
  const vfloat magic = splat(12582912.0f);
  const vfloat clamped = larger(x, splat(-126.0f));
  const vfloat shifted = clamped + magic;
  const vfloat rest = clamped - (shifted - magic);
  vfloat p = splat(0.0551716685295105f);
  p = multiply_add(p, rest, splat(0.24261115491390228f));
  p = multiply_add(p, rest, splat(0.6932609677314758f));
  p = multiply_add(p, rest, splat(0.9999280571937561f));
  return as_float(as_int(p) + (as_int(shifted) << 23));
}

/// GELU in its erf form, x·Φ(x). |error| ≤ 1.9e-4, what rounding to bfloat16 loses at |x| = 0.05.
/// Φ(x) − 1/2 as in gelu(), on |x| ≤ 4 with u = x²/8 − 1; Lawson-weighted fit of degree 6.
WEFT_INLINE vfloat rough_gelu(vfloat x) {
  const vfloat t = smaller(larger(x, splat(-4.0f)), splat(4.0f));
  const vfloat u = multiply_add(t * t, splat(0.125f), splat(-1.0f));
  vfloat p = splat(0.005972021259367466f);
  p = multiply_add(p, u, splat(-0.01655089110136032f));
  p = multiply_add(p, u, splat(0.024091064929962158f));
  p = multiply_add(p, u, splat(-0.03546234592795372f));
  p = multiply_add(p, u, splat(0.05541018769145012f));
  p = multiply_add(p, u, splat(-0.08442661911249161f));
  p = multiply_add(p, u, splat(0.17597021162509918f));
  return x * multiply_add(t, p, splat(0.5f));
}

} // namespace weft::inline WEFT_ISA
