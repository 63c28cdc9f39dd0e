#include "runtime/storage/atomic_file.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using namespace weft;
using namespace weft::test;

namespace fs = std::filesystem;

TEST_CASE("what was written is read, byte by byte, and a second write replaces the first") {
  const temporary_directory folder;
  const auto path = folder.path() / "settings";
  CHECK(!*read_small_file(path, 100));
  for (const std::string& bytes : {std::string(40'000, 'x'), std::string("\0\n\xff", 3), std::string{}}) {
    REQUIRE(write_atomically(path, bytes));
    const auto got = read_small_file(path, 40'000);
    REQUIRE(got);
    REQUIRE(got->has_value());
    CHECK(**got == bytes);
  }
  CHECK(!fs::exists(folder.path() / "settings.new"));
  CHECK((fs::status(path).permissions() & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
}

TEST_CASE("a write that fails leaves the old contents and names the file") {
  const temporary_directory folder;
  const auto path = folder.path() / "settings";
  REQUIRE(write_atomically(path, "old"));
  fs::create_directory(folder.path() / "settings.new"); // in the way
  const auto got = write_atomically(path, "new");
  REQUIRE(!got);
  CHECK(got.error().code == errc::storage_failed);
  CHECK(got.error().message.find("settings.new") != std::string::npos);
  CHECK(**read_small_file(path, 100) == "old");
  CHECK(write_atomically(folder.path() / "missing" / "settings", "x").error().code == errc::storage_failed);
}

TEST_CASE("what a crash left half written is overwritten") {
  const temporary_directory folder;
  const auto path = folder.path() / "settings";
  REQUIRE(write_atomically(folder.path() / "settings.new", "much longer than what comes"));
  REQUIRE(write_atomically(path, "short"));
  CHECK(**read_small_file(path, 100) == "short");
}

TEST_CASE("a file that is too large or cannot be read is an error, not an empty one") {
  const temporary_directory folder;
  const auto path = folder.path() / "settings";
  REQUIRE(write_atomically(path, std::string(101, 'x')));
  CHECK(read_small_file(path, 100).error().code == errc::state_damaged);
  CHECK(read_small_file(path, 101));
  CHECK(read_small_file(folder.path(), 100).error().code == errc::storage_failed);
}
