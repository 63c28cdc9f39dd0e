#include "runtime/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace weft {

void assertion_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "weft: assertion failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

} // namespace weft
