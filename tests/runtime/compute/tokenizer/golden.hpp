#pragma once

#include "runtime/compute/tokenizer/utf8.hpp"

#include <cstdint>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace weft::test {

inline constexpr uint64_t hash_seed = 0xCBF29CE484222325u;

/// The hash of tools/golden/tokenizer_corpus.py.
inline uint64_t hash_value(uint64_t hash, uint64_t value) noexcept {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
  return hash ^ hash >> 32;
}

template <class Values> uint64_t hash_values(const Values& values, uint64_t hash = hash_seed) noexcept {
  for (const auto value : values)
    hash = hash_value(hash, static_cast<std::make_unsigned_t<std::remove_cv_t<decltype(value)>>>(value));
  return hash;
}

inline std::string golden_path(std::string_view name) {
  return std::string(WEFT_GOLDEN_DIR "/") + std::string(name);
}

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw std::runtime_error("cannot read " + path);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

/// The rows of a golden file, without its header.
inline std::vector<std::string> golden_lines(std::string_view name) {
  std::istringstream in(read_file(golden_path(name)));
  std::vector<std::string> lines;
  std::string line;
  std::getline(in, line); // the header
  while (std::getline(in, line))
    lines.push_back(line);
  return lines;
}

/// Undoes escape() of make_tokenizer_golden.py: \\u{HEX} is a character.
inline std::string unescape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (!text.starts_with("\\u{")) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    const size_t end = text.find('}');
    char bytes[utf8_bytes_max];
    const auto scalar = static_cast<char32_t>(std::stoul(std::string(text.substr(3, end - 3)), nullptr, 16));
    out.append(bytes, utf8_encode(scalar, bytes));
    text.remove_prefix(end + 1);
  }
  return out;
}

inline std::vector<int32_t> parse_ids(const std::string& text) {
  std::istringstream in(text);
  std::vector<int32_t> ids;
  for (int32_t id = 0; in >> id;)
    ids.push_back(id);
  return ids;
}

} // namespace weft::test
