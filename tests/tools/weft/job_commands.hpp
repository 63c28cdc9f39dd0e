#pragma once

#include "tests/tools/weft/fake_jobs.hpp"
#include "tests/tools/weft/run_weft.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

inline ended weft_at(const std::vector<std::string>& endpoints, std::vector<std::string> arguments,
                     std::string input = {}) {
  for (const auto& endpoint : endpoints)
    arguments.insert(arguments.end(), {"--endpoint", endpoint});
  return run_weft({.arguments = std::move(arguments), .input = std::move(input)});
}

inline ended weft_at(const fake_jobs& node, std::vector<std::string> arguments, std::string input = {}) {
  return weft_at(std::vector{node.endpoint()}, std::move(arguments), std::move(input));
}

inline std::string lines(int count) {
  std::string out;
  for (int i = 0; i < count; ++i)
    out += "text " + std::to_string(i) + "\n";
  return out;
}

inline std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

/// A row of a matrix of four columns.
inline std::vector<float> floats_of(const std::string& file, size_t row) {
  std::ifstream in{file, std::ios::binary};
  std::vector<float> out(4);
  in.seekg(static_cast<std::streamoff>(128 + row * 4 * sizeof(float)));
  in.read(reinterpret_cast<char*>(out.data()), 4 * sizeof(float));
  REQUIRE(in);
  return out;
}

inline v1::Job job_of(const std::string& id, v1::JobState state) {
  v1::Job out;
  out.set_id(id);
  out.set_state(state);
  out.set_items_total(10);
  return out;
}

} // namespace weft::test
