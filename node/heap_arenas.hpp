#pragma once

#include <cstdint>

namespace weft {

/// How many arenas the heap may have: two for each CPU, 4 at least. glibc's own bound is eight for each CPU, and what
/// one stream of texts leaves free in each of them stays with the process.
uint32_t heap_arenas_for(uint32_t cpus) noexcept;

/// Sets that bound. Before any other thread starts; MALLOC_ARENA_MAX and GLIBC_TUNABLES with glibc.malloc.arena_max in
/// the environment have precedence. Does nothing where the heap is not glibc's.
void bound_heap_arenas(uint32_t cpus) noexcept;

} // namespace weft
