#include "runtime/settings/settings_entry.hpp"

#include <xxhash.h>

namespace weft {

settings_stamp stamp_of(const settings_entry& entry) {
  const uint64_t key = XXH3_64bits(entry.key.data(), entry.key.size());
  const uint64_t value = XXH3_64bits_withSeed(entry.value.data(), entry.value.size(), key);
  const auto changed = static_cast<uint64_t>(entry.changed.time_since_epoch().count());
  return {entry.number, entry.writer, value ^ (changed << 1 | (entry.removed ? 1u : 0u))};
}

} // namespace weft
