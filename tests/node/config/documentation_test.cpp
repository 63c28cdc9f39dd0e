#include "node/config/load.hpp"
#include "node/config/schema.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace {

const std::filesystem::path folder = WEFT_CLUSTER_CONFIG_DIR;

std::string read(const std::filesystem::path& file) {
  std::ifstream in{file};
  REQUIRE_MESSAGE(in.is_open(), file.string());
  return {std::istreambuf_iterator<char>{in}, {}};
}

// The row of a key as README.md must have it, up to the trade-off, which is written by hand.
std::string row_begin(const weft::config_key& key) {
  return "| `" + std::string{key.name} + "` | `" + weft::to_toml(key.get(weft::node_config{})) + "` | " +
         (key.needs_restart ? "restart" : "reload") + " | ";
}

} // namespace

TEST_CASE("cluster-config/README.md has every key with its default, how it is changed, and a trade-off") {
  const auto text = read(folder / "README.md");
  for (const auto& key : weft::config_keys()) {
    const auto section = text.find("## [" + std::string{key.section} + "]");
    REQUIRE_MESSAGE(section != std::string::npos, key.section);
    const auto row = text.find(row_begin(key), section);
    CAPTURE(row_begin(key));
    REQUIRE(row != std::string::npos);
    CHECK_MESSAGE(row < text.find("\n## ", section + 1), "the row stands in another section");
    const auto trade_off = text.substr(row + row_begin(key).size(), text.find('\n', row) - row - row_begin(key).size());
    CHECK(trade_off.size() > 20);
  }
}

TEST_CASE("cluster-config/README.md has no key that does not exist") {
  const auto text = read(folder / "README.md");
  std::set<std::string> known;
  for (const auto& key : weft::config_keys())
    known.insert(std::string{key.name});
  const std::regex row{"\n\\| `([a-z_]+)` \\|"};
  for (std::sregex_iterator at{text.begin(), text.end(), row}, end; at != end; ++at)
    CHECK_MESSAGE(known.contains((*at)[1].str()), (*at)[1].str());
}

TEST_CASE("every example configuration is valid") {
  size_t seen = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".toml")
      continue;
    ++seen;
    CAPTURE(entry.path().string());
    const auto loaded = weft::load_config({.file = entry.path()});
    CHECK_MESSAGE(loaded.config, (loaded.errors.empty() ? "" : loaded.errors.front()));
  }
  CHECK(seen > 0);
}
