#include "node/peer/boot_record.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

using namespace weft;
using weft::test::temporary_directory;

TEST_CASE("a node keeps its id and counts its starts") {
  const temporary_directory folder;
  const auto first = open_boot_record(folder.path());
  REQUIRE(first);
  CHECK(first->node != node_id{});
  CHECK(first->epoch == boot_epoch{1});
  const auto second = open_boot_record(folder.path());
  REQUIRE(second);
  CHECK(second->node == first->node);
  CHECK(second->epoch == boot_epoch{2});
  const temporary_directory other;
  CHECK(open_boot_record(other.path())->node != first->node);
}

TEST_CASE("a damaged record is named, and never taken for a new node") {
  for (const char* content : {"", "x", "0000000000000000 1", "12 one", "zz 1"}) {
    CAPTURE(content);
    const temporary_directory folder;
    const auto file = folder.write("node-id", content);
    const auto opened = open_boot_record(folder.path());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == errc::state_damaged);
    CHECK(opened.error().message.find(file.string()) != std::string::npos);
  }
}

TEST_CASE("known peers are there at the next start") {
  const temporary_directory folder;
  CHECK(read_known_peers(folder.path()).empty());
  write_known_peers(folder.path(), {"a:1", "[::1]:2"});
  CHECK(read_known_peers(folder.path()) == std::vector<std::string>{"a:1", "[::1]:2"});
  write_known_peers(folder.path(), {});
  CHECK(read_known_peers(folder.path()).empty());
}
