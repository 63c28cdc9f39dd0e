#pragma once

#include "node/config/config.hpp"
#include "runtime/base/result.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace weft {

struct model_files {
  std::filesystem::path directory;
  /// Of weights, words and settings, since results depend on all of them: the first 12 hex digits of the SHA-256 of
  /// what `sha256sum model.safetensors config.json vocab.txt sentence_bert_config.json` prints (of those that exist).
  std::string version;
};

/// Where the model is: model.dir (which WEFT_MODEL_DIR overrides, as every key), else
/// ${XDG_CACHE_HOME:-$HOME/.cache}/weft/models/NAME.
std::filesystem::path model_directory(const node_config::model_section& model,
                                      const std::map<std::string, std::string>& environment);

/// Checks that the files are there and, where the folder has a SHA256SUMS, that each file that Weft reads is as it
/// says. Reads all of them (0.2 s for 90 MB). Fails with errc::model_unusable; the message names the file and
/// `./tools/setup model`, the command that mends it.
result<model_files> check_model_files(const std::filesystem::path& directory);

} // namespace weft
