#pragma once

#include "node/config/config.hpp"
#include "runtime/base/result.hpp"

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace weft {

/// A file that a model may have.
struct model_file_name {
  const char* name;
  bool required;
};
/// All of them, in the order of which the version is made.
std::span<const model_file_name> model_file_names() noexcept;

/// The SHA-256 of one of them, 64 hex digits.
struct model_file_digest {
  std::string name;
  std::string sha256;
};

struct model_files {
  std::filesystem::path directory;
  /// Of weights, words and settings, since results depend on all of them: the first 12 hex digits of the SHA-256 of
  /// what `sha256sum model.safetensors config.json vocab.txt sentence_bert_config.json` prints (of those that exist).
  std::string version;
  std::vector<model_file_digest> digests; ///< of those that exist, in the order of model_file_names()
};

/// As model_files::version says. digests: in the order of model_file_names().
std::string model_version(std::span<const model_file_digest> digests);

/// Lines as sha256sum writes them, by file name; of a file that is not there: none.
std::map<std::string, std::string> read_sums(const std::filesystem::path& file);

/// Where the model is: model.dir (which WEFT_MODEL_DIR overrides, as every key), else
/// ${XDG_CACHE_HOME:-$HOME/.cache}/weft/models/NAME.
std::filesystem::path model_directory(const node_config::model_section& model,
                                      const std::map<std::string, std::string>& environment);

/// Checks that the files are there and, where the folder has a SHA256SUMS, that each file that Weft reads is as it
/// says. Reads all of them (0.2 s for 90 MB). Fails with errc::model_unusable; the message names the file and
/// `./tools/setup model`, the command that mends it.
result<model_files> check_model_files(const std::filesystem::path& directory);

} // namespace weft
