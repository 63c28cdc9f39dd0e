#include "runtime/compute/cpu/cpu_features.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

namespace weft {

namespace {

#if defined(__x86_64__)

/// Linux hands out the 8 KiB of tile registers only to processes that ask (arch_prctl, ARCH_REQ_XCOMP_PERM); threads
/// made later inherit the permission.
bool amx_permitted() noexcept {
#if defined(__linux__)
  constexpr long request_permission = 0x1023;
  constexpr long tile_data = 18;
  return ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}

/// Does the operating system save the tile registers (XCR0)? REQUIRES: AVX, so that XGETBV exists.
bool saves_tiles() noexcept {
  unsigned low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  constexpr unsigned tile_configuration_and_data = 3u << 17;
  return (low & tile_configuration_and_data) == tile_configuration_and_data;
}

bool has_amx_bf16() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
    return false;
  constexpr unsigned amx_bf16 = 1u << 22;
  constexpr unsigned amx_tile = 1u << 24;
  if (!(d & amx_bf16) || !(d & amx_tile) || !__get_cpuid_count(7, 1, &a, &b, &c, &d))
    return false;
  constexpr unsigned avx512_bf16 = 1u << 5;
  return (a & avx512_bf16) && saves_tiles() && amx_permitted();
}

bool has_avx_vnni() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 4));
}

cpu_features look() noexcept {
  __builtin_cpu_init();
  cpu_features f;
  f.avx2_fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  f.avx2_vnni = f.avx2_fma && has_avx_vnni();
  f.avx512 = f.avx2_fma && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  f.avx512_vnni = f.avx512 && __builtin_cpu_supports("avx512vnni");
  f.amx_bf16 = f.avx512 && has_amx_bf16();
  return f;
}

#else

cpu_features look() noexcept {
  return {};
}

#endif

} // namespace

const cpu_features& this_cpu() noexcept {
  static const cpu_features features = look();
  return features;
}

} // namespace weft
