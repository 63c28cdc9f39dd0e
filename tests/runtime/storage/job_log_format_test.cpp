#include "runtime/storage/job_log_format.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

using namespace weft;
using namespace weft::test;

namespace {

namespace fs = std::filesystem;

/// A log of some format, of which a step needs to know no more than a file.
struct old_log {
  temporary_directory folder;
  fs::path path = folder.path() / "jobs";
  std::vector<uint32_t> ran;

  explicit old_log(uint32_t format) {
    fs::create_directories(database_folder(path));
    std::ofstream{database_folder(path) / "CURRENT"} << "there is a database";
    if (format > 0)
      REQUIRE(write_format(path, format));
  }
  format_step step(uint32_t from, bool works = true) {
    return {from, [this, from, works](const fs::path& database) -> status {
              CHECK(database == database_folder(path));
              ran.push_back(from);
              if (works)
                return ok;
              return failure{errc::storage_full, "no room to migrate"};
            }};
  }
};

} // namespace

TEST_CASE("a new log gets the format of this release and a folder for its database") {
  temporary_directory folder;
  const auto path = folder.path() / "deep" / "jobs";
  CHECK(!*read_format(path));
  const auto made = bring_to_format(path, 3, {});
  CHECK(made.ready);
  CHECK(*read_format(path) == 3u);
  CHECK(fs::is_directory(database_folder(path)));
  CHECK(bring_to_format(path, 3, {}).ready); // and stays
}

TEST_CASE("an older format goes up step by step, each remembered, whatever the order of the list") {
  old_log log{0};
  const std::vector<format_step> steps{log.step(2), log.step(0), log.step(1), log.step(3)};
  CHECK(bring_to_format(log.path, 3, steps).ready);
  CHECK(log.ran == std::vector<uint32_t>{0, 1, 2});
  CHECK(*read_format(log.path) == 3u);
}

TEST_CASE("a step that fails is repeated by the next start, and those before it are not") {
  old_log log{1};
  const auto failed = bring_to_format(log.path, 3, std::vector{log.step(1), log.step(2, false)});
  REQUIRE(!failed.ready);
  CHECK(failed.ready.error().code == errc::storage_full);
  CHECK(!failed.refused); // the disk may have room later
  CHECK(!failed.damaged);
  CHECK(*read_format(log.path) == 2u);
  CHECK(bring_to_format(log.path, 3, std::vector{log.step(1), log.step(2)}).ready);
  CHECK(log.ran == std::vector<uint32_t>{1, 2, 2});
}

TEST_CASE("a format that no step leads away from is refused, and one that is newer") {
  old_log old{1};
  const auto too_old = bring_to_format(old.path, 3, std::vector{old.step(2)});
  CHECK(too_old.refused);
  CHECK(too_old.ready.error().code == errc::state_damaged);
  CHECK(too_old.ready.error().message.find("format 1") != std::string::npos);
  CHECK(old.ran.empty());

  old_log newer{4};
  const auto refused = bring_to_format(newer.path, 3, std::vector{newer.step(4)});
  CHECK(refused.refused);
  CHECK(refused.ready.error().message.find("format 4, newer than format 3") != std::string::npos);
  CHECK(newer.ran.empty());
  CHECK(*read_format(newer.path) == 4u);
}

TEST_CASE("a file that names no format is damage, not a format") {
  for (const std::string text : {"", "1", "weft job log, format ", "weft job log, format x\n", "weft job log, format 1",
                                 "weft job log, format 1 \n", "weft job log, format 99999999999\n"}) {
    CAPTURE(text);
    old_log log{1};
    std::ofstream{log.path / "FORMAT"} << text;
    const auto outcome = bring_to_format(log.path, 1, {});
    CHECK(outcome.damaged);
    CHECK(!outcome.refused);
    CHECK(!outcome.ready);
  }
  old_log log{1};
  std::ofstream{log.path / "FORMAT"} << std::string(100'000, 'x');
  CHECK(bring_to_format(log.path, 1, {}).damaged);
}

TEST_CASE("a folder that cannot be made is told, and tried again") {
  temporary_directory folder;
  folder.write("file", "in the way");
  const auto outcome = bring_to_format(folder.path() / "file" / "jobs", 1, {});
  REQUIRE(!outcome.ready);
  CHECK(outcome.ready.error().code == errc::storage_failed);
  CHECK(!outcome.refused);
  CHECK(!outcome.damaged);
}
