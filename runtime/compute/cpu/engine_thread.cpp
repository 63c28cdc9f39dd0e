#include "runtime/compute/cpu/engine_thread.hpp"

#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#endif

namespace weft {

void prepare_engine_thread(const std::string& name, std::optional<uint32_t> cpu) noexcept {
#if defined(__linux__)
  constexpr size_t name_bytes_max = 15;
  ::pthread_setname_np(::pthread_self(), name.substr(0, name_bytes_max).c_str());
  if (!cpu)
    return;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0)
    return;
  auto skip = *cpu % static_cast<uint32_t>(CPU_COUNT(&allowed));
  for (int candidate = 0; candidate < CPU_SETSIZE; ++candidate) {
    if (!CPU_ISSET(candidate, &allowed) || skip-- > 0)
      continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(candidate, &one);
    ::pthread_setaffinity_np(::pthread_self(), sizeof one, &one);
    return;
  }
#else
  (void)name;
  (void)cpu;
#endif
}

} // namespace weft
