#include "node/heap_arenas.hpp"

#include <algorithm>
#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace weft {

uint32_t heap_arenas_for(uint32_t cpus) noexcept {
  return std::clamp(2 * std::min(cpus, 1'024U), 4U, 2'048U);
}

void bound_heap_arenas(uint32_t cpus) noexcept {
#ifdef __GLIBC__
  if (std::getenv("MALLOC_ARENA_MAX") == nullptr)
    mallopt(M_ARENA_MAX, static_cast<int>(heap_arenas_for(cpus)));
#else
  (void)cpus;
#endif
}

} // namespace weft
