#include "node/peer/boot_record.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

using namespace weft;
using weft::test::temporary_directory;

namespace {

std::chrono::sys_seconds at(int64_t seconds) {
  return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
}

std::string read(const std::filesystem::path& file) {
  std::ostringstream out;
  out << std::ifstream{file}.rdbuf();
  return out.str();
}

} // namespace

TEST_CASE("a node keeps its id, and every start has a higher epoch, whatever the clock says") {
  const temporary_directory folder;
  const auto first = open_boot_record(folder.path(), at(1'000));
  REQUIRE(first);
  CHECK(first->node != node_id{});
  CHECK(first->epoch == boot_epoch{1'000});
  for (auto [clock, epoch] : {std::pair{1'005, 1'005u}, {1'005, 1'006u}, {7, 1'007u}, {-3, 1'008u}, {2'000, 2'000u}}) {
    CAPTURE(clock);
    const auto next = open_boot_record(folder.path(), at(clock));
    REQUIRE(next);
    CHECK(next->node == first->node);
    CHECK(next->epoch == boot_epoch{epoch});
  }
  const temporary_directory other;
  const auto without_clock = open_boot_record(other.path(), at(0));
  REQUIRE(without_clock);
  CHECK(without_clock->node != first->node);
  CHECK(without_clock->epoch == boot_epoch{1}); // never 0: that is nobody's
}

TEST_CASE("a record of a backup begins an epoch above those that the cluster saw since") {
  const temporary_directory folder;
  const auto saved = open_boot_record(folder.path(), at(1'000));
  const auto backup = read(folder.path() / "node-id");
  for (int start = 1; start <= 5; ++start)
    REQUIRE(open_boot_record(folder.path(), at(1'000 + 60 * start)));
  folder.write("node-id", backup);
  const auto restored = open_boot_record(folder.path(), at(2'000));
  REQUIRE(restored);
  CHECK(restored->node == saved->node);
  CHECK(restored->epoch == boot_epoch{2'000});
}

TEST_CASE("a record that counted starts goes on with the clock") {
  const temporary_directory folder;
  folder.write("node-id", "00000000000000ff 3\n");
  const auto opened = open_boot_record(folder.path(), at(1'000));
  REQUIRE(opened);
  CHECK(opened->node == node_id{0xff});
  CHECK(opened->epoch == boot_epoch{1'000});
}

TEST_CASE("a damaged record is named, and never taken for a new node") {
  for (const char* content : {"", "x", "0000000000000000 1", "12 one", "zz 1", "12 18446744073709551615"}) {
    CAPTURE(content);
    const temporary_directory folder;
    const auto file = folder.write("node-id", content);
    const auto opened = open_boot_record(folder.path(), at(1'000));
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
