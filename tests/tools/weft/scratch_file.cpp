#include "tests/tools/weft/scratch_file.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <unistd.h>

namespace weft::test {

scratch_file::scratch_file(const std::string& content) : path_("/tmp/weft-test-XXXXXX") {
  const int file = mkstemp(path_.data());
  REQUIRE(file >= 0);
  REQUIRE(write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  close(file);
}

scratch_file::~scratch_file() {
  unlink(path_.c_str());
}

} // namespace weft::test
