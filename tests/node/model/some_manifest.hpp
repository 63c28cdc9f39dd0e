#pragma once

#include "node/digest.hpp"
#include "node/model/fetch_core.hpp"

#include <string>
#include <utility>
#include <vector>

namespace weft::test {

using list = std::vector<std::string>;

/// Weights of so many pieces, and two small files. version: another one has other contents.
inline model_manifest make_manifest(uint32_t pieces, const std::string& version = "1") {
  model_manifest out{.model = "m"};
  std::vector<model_file_digest> digests;
  for (const auto& [name, count] : {std::pair{"model.safetensors", pieces}, {"config.json", 1U}, {"vocab.txt", 1U}}) {
    model_manifest::file file{.name = name, .bytes = uint64_t{count} * model_piece_bytes};
    for (uint32_t i = 0; i < count; ++i)
      file.pieces.push_back(sha256_of_text(version + name + std::to_string(i)));
    file.sha256 = sha256_of_text(version + name);
    digests.push_back({file.name, file.sha256});
    out.files.push_back(std::move(file));
  }
  out.version = model_version(digests);
  return out;
}

inline const failure gone{errc::unavailable, "gone"};

} // namespace weft::test
