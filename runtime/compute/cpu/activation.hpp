#pragma once

#include "runtime/compute/cpu/simd.hpp"

namespace weft::inline WEFT_ISA {

/// 2^x for x in [-126, 127]; below it 0 (−∞ included). Relative error < 2e-7.
/// Rounds x to the next integer n by adding 1.5·2^23, takes a minimax polynomial of the rest, puts n into the exponent.
WEFT_INLINE vfloat exp2_of(vfloat x) {
  const vfloat magic = splat(12582912.0f);
  const vfloat clamped = larger(x, splat(-126.0f));
  const vfloat shifted = clamped + magic;
  const vfloat rest = clamped - (shifted - magic);
  vfloat p = splat(0.0013276621f);
  p = multiply_add(p, rest, splat(0.009675544f));
  p = multiply_add(p, rest, splat(0.055507127f));
  p = multiply_add(p, rest, splat(0.2402212f));
  p = multiply_add(p, rest, splat(0.69314694f));
  p = multiply_add(p, rest, splat(1.0000001f));
  const vint exponent = as_int(shifted) << 23;
  const vint power = as_int(p) + exponent;
  return as_float(power & (x >= splat(-126.0f)));
}

/// GELU in its erf form, x·Φ(x). |error| ≤ 1.3e-6.
/// Φ(x) − 1/2 is odd: x times a polynomial of degree 12 in u = 2x²/25 − 1, fitted (Lawson weights, so nearly minimax)
/// on |x| ≤ 5 where u covers [-1, 1] and powers stay small; beyond, Φ is 0 or 1 to 3e-7.
WEFT_INLINE vfloat gelu(vfloat x) {
  const vfloat t = smaller(larger(x, splat(-5.0f)), splat(5.0f));
  const vfloat u = multiply_add(t * t, splat(0.08f), splat(-1.0f));
  vfloat p = splat(0.0006086722714826465f);
  p = multiply_add(p, u, splat(-0.0016132446471601725f));
  p = multiply_add(p, u, splat(0.0017229535151273012f));
  p = multiply_add(p, u, splat(-0.002685626270249486f));
  p = multiply_add(p, u, splat(0.006410349626094103f));
  p = multiply_add(p, u, splat(-0.011164293624460697f));
  p = multiply_add(p, u, splat(0.01640225201845169f));
  p = multiply_add(p, u, splat(-0.023268669843673706f));
  p = multiply_add(p, u, splat(0.031442154198884964f));
  p = multiply_add(p, u, splat(-0.04044260457158089f));
  p = multiply_add(p, u, splat(0.05152052268385887f));
  p = multiply_add(p, u, splat(-0.0702962800860405f));
  p = multiply_add(p, u, splat(0.14136378467082977f));
  return x * multiply_add(t, p, splat(0.5f));
}

} // namespace weft::inline WEFT_ISA
