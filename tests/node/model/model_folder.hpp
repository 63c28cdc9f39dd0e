#pragma once

#include "node/digest.hpp"
#include "node/model/model_manifest.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace weft::test {

inline std::string random_bytes(size_t count, uint32_t seed) {
  std::mt19937 random{seed};
  std::string out(count, '\0');
  for (auto& it : out)
    it = static_cast<char>(random());
  return out;
}

inline std::string contents(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

/// A folder with files of a model's names and random bytes.
struct model_folder {
  explicit model_folder(size_t weights_bytes = 5 * model_piece_bytes / 2, uint32_t seed = 1) {
    std::filesystem::create_directory(path());
    write("model.safetensors", random_bytes(weights_bytes, seed));
    write("config.json", "{\"seed\": " + std::to_string(seed) + "}");
    write("vocab.txt", random_bytes(1'000, seed + 1));
  }
  std::filesystem::path path() const { return base.path() / "there"; }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream{path() / name, std::ios::binary} << bytes;
  }
  model_files files() const { return *check_model_files(path()); }

  temporary_directory base;
};

/// What the folder's manifest must be, made in another way than the code does.
inline model_manifest manifest_of(const std::filesystem::path& folder, const std::string& model = "m") {
  model_manifest out{.model = model, .version = check_model_files(folder)->version};
  for (const auto* name : {"model.safetensors", "config.json", "vocab.txt"}) {
    const auto bytes = contents(folder / name);
    model_manifest::file file{.name = name, .bytes = bytes.size(), .sha256 = *sha256_of_file(folder / name)};
    for (size_t at = 0; at < bytes.size(); at += model_piece_bytes)
      file.pieces.push_back(sha256_of_text(bytes.substr(at, model_piece_bytes)));
    out.files.push_back(std::move(file));
  }
  return out;
}

/// The bytes of a piece, from the folder's files.
inline std::string bytes_of(const std::filesystem::path& folder, const model_manifest& manifest,
                            const piece_place& place) {
  return contents(folder / manifest.files[place.file].name).substr(place.offset, place.bytes);
}

inline bool same_files(const std::filesystem::path& a, const std::filesystem::path& b) {
  return std::ranges::all_of(std::vector{"model.safetensors", "config.json", "vocab.txt"},
                             [&](const char* name) { return contents(a / name) == contents(b / name); });
}

} // namespace weft::test
