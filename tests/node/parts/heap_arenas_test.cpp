#include "node/heap_arenas.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <limits>

namespace weft {

TEST_CASE("a heap has two arenas for each CPU, four at least, and never more than a bound") {
  struct row {
    uint32_t cpus, arenas;
  };
  for (const auto& [cpus, arenas] :
       {row{0, 4}, row{1, 4}, row{2, 4}, row{3, 6}, row{64, 128}, row{std::numeric_limits<uint32_t>::max(), 2'048}}) {
    CAPTURE(cpus);
    CHECK(heap_arenas_for(cpus) == arenas);
  }
}

} // namespace weft
