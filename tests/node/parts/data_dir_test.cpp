#include "node/data_dir.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

using weft::test::temporary_directory;

TEST_CASE("the folder is made, locked for one, and free again when that one goes") {
  const temporary_directory folder;
  const auto path = folder.path() / "a/b";
  auto first = weft::data_dir::open(path);
  REQUIRE(first);
  CHECK((*first)->path() == path);
  const auto second = weft::data_dir::open(path);
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("is in use by another weftd") != std::string::npos);
  first->reset();
  CHECK(weft::data_dir::open(path));
}

TEST_CASE("the write check leaves nothing behind") {
  const temporary_directory folder;
  const auto opened = weft::data_dir::open(folder.path());
  REQUIRE(opened);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "write-check"));
}

TEST_CASE("a folder that cannot be made or written is a failure that names key, folder and a way out") {
  const temporary_directory folder;
  const auto file = folder.write("file", "x");
  for (const auto& path : {std::filesystem::path{"/proc/weft"}, file / "below"}) {
    CAPTURE(path.string());
    const auto opened = weft::data_dir::open(path);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message.starts_with("node.data_dir " + path.string()));
    CHECK(opened.error().message.find("--data-dir") != std::string::npos);
  }
}

TEST_CASE("the default folder follows user and environment") {
  weft::node_config::node_section node;
  node.name = "n7";
  CHECK(weft::data_directory(node, {{"HOME", "/home/x"}}) ==
        (::geteuid() == 0 ? "/var/lib/weft/n7" : "/home/x/.local/state/weft/n7"));
  node.data_dir = "/data";
  CHECK(weft::data_directory(node, {}) == "/data");
}
