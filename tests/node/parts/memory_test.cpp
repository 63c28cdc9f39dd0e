#include "node/memory.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <limits>
#include <string>

TEST_CASE("a control group's limit bounds the memory, \"max\" and no file do not") {
  const weft::test::temporary_directory folder;
  const auto file = (folder.path() / "memory.max").string();
  constexpr auto none = std::numeric_limits<uint64_t>::max();
  CHECK(weft::memory_limit_in(file.c_str()) == none);
  for (const auto& [text, limit] : {std::pair{"max\n", none}, {"1073741824\n", uint64_t{1} << 30}}) {
    std::ofstream{file} << text;
    CHECK(weft::memory_limit_in(file.c_str()) == limit);
  }
  CHECK(weft::usable_memory() > 0);
  CHECK(weft::usable_memory() < none);
}
