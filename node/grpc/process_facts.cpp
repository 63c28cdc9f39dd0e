#include "node/grpc/process_facts.hpp"

#include <fstream>
#include <unistd.h>

namespace weft {

process_facts look_at_process() {
  std::ifstream in("/proc/self/statm");
  uint64_t all = 0, resident = 0;
  in >> all >> resident;
  return {.memory_bytes = resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)), .call_latency = {}, .devices = {}};
}

} // namespace weft
