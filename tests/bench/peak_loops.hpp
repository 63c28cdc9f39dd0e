#pragma once

#include <cstdint>

// One loop per instruction set, each compiled with the flags of its set; peaks.cpp chooses.
namespace weft::bench {

double run_fma_avx2(uint64_t steps);
double run_madd_avx2(uint64_t steps);
double run_fma_avx512(uint64_t steps);
double run_madd_avx512(uint64_t steps);
double run_dot_avx512_vnni(uint64_t steps);
double run_tiles_amx_bf16(uint64_t steps);

} // namespace weft::bench
