#include "node/heap_arenas.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace weft {

uint32_t heap_arenas_for(uint32_t cpus) noexcept {
  return std::clamp(2 * std::min(cpus, 1'024U), 4U, 2'048U);
}

void bound_heap_arenas(uint32_t cpus) noexcept {
#ifdef __GLIBC__
  const char* tunables = std::getenv("GLIBC_TUNABLES");
  const bool chosen = std::getenv("MALLOC_ARENA_MAX") != nullptr ||
                      (tunables != nullptr && std::strstr(tunables, "glibc.malloc.arena_max") != nullptr);
  if (!chosen)
    mallopt(M_ARENA_MAX, static_cast<int>(heap_arenas_for(cpus)));
#else
  (void)cpus;
#endif
}

} // namespace weft
