#pragma once

#include "tests/tools/weft/fake_compressor.hpp"
#include "tests/tools/weft/run_weft.hpp"

#include <nlohmann/json.hpp>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

/// `weft compress` at these endpoints, separated by commas.
inline ended compress(const std::string& endpoints, std::vector<std::string> more, const std::string& input = {}) {
  more.insert(more.begin(), "compress");
  return run_weft({.arguments = std::move(more), .input = input, .environment = {"WEFT_ENDPOINT=" + endpoints}});
}

inline ended compress(const fake_compressor& node, std::vector<std::string> more, const std::string& input = {}) {
  return compress(node.endpoint(), std::move(more), input);
}

/// What `-o json` prints.
inline std::vector<nlohmann::json> objects_of(const std::string& out) {
  std::vector<nlohmann::json> objects;
  std::istringstream in{out};
  for (std::string line; std::getline(in, line);)
    objects.push_back(nlohmann::json::parse(line));
  return objects;
}

} // namespace weft::test
