#include "node/model_files.hpp"

#include "node/digest.hpp"

#include <array>
#include <fstream>

namespace weft {
namespace {

// Without the last one the model reads 256 tokens, which is right for most sentence encoders.
constexpr std::array names{model_file_name{"model.safetensors", true}, model_file_name{"config.json", true},
                           model_file_name{"vocab.txt", true}, model_file_name{"sentence_bert_config.json", false}};
constexpr size_t version_digits = 12;

failure unusable(const std::filesystem::path& file, const std::string& what) {
  return {.code = errc::model_unusable,
          .message = "model file " + file.string() + ' ' + what +
                     "; run ./tools/setup model, or set model.dir (WEFT_MODEL_DIR) to a folder that has it"};
}

std::string variable(const std::map<std::string, std::string>& environment, const char* name) {
  const auto at = environment.find(name);
  return at == environment.end() ? "" : at->second;
}

} // namespace

std::span<const model_file_name> model_file_names() noexcept {
  return names;
}

std::string model_version(std::span<const model_file_digest> digests) {
  std::string listed; // as sha256sum does
  for (const auto& [name, sha256] : digests)
    listed += sha256 + "  " + name + '\n';
  return sha256_of_text(listed).substr(0, version_digits);
}

// 64 hex digits, a blank, a blank or '*', the name.
std::map<std::string, std::string> read_sums(const std::filesystem::path& file) {
  std::map<std::string, std::string> out;
  std::ifstream lines{file};
  for (std::string line; std::getline(lines, line);)
    if (line.size() > 66 && line.find_first_not_of("0123456789abcdef") == 64)
      out[line.substr(66)] = line.substr(0, 64);
  return out;
}

std::filesystem::path model_directory(const node_config::model_section& model,
                                      const std::map<std::string, std::string>& environment) {
  if (!model.dir.empty())
    return model.dir;
  const auto cache = variable(environment, "XDG_CACHE_HOME");
  const std::filesystem::path base =
      cache.empty() ? std::filesystem::path{variable(environment, "HOME")} / ".cache" : std::filesystem::path{cache};
  return base / "weft" / "models" / model.name;
}

result<model_files> check_model_files(const std::filesystem::path& directory) {
  const auto sums = read_sums(directory / "SHA256SUMS");
  model_files out{.directory = directory};
  for (const auto& [name, required] : names) {
    const auto path = directory / name;
    std::error_code error;
    if (!std::filesystem::exists(path, error)) {
      if (required || sums.contains(name))
        return unusable(path, "is missing");
      continue;
    }
    const auto digest = sha256_of_file(path);
    if (!digest)
      return unusable(path, "cannot be read: " + digest.error().message);
    if (const auto expected = sums.find(name); expected != sums.end() && expected->second != *digest)
      return unusable(path, "is damaged: its SHA-256 is not the one in SHA256SUMS");
    out.digests.push_back({name, *digest});
  }
  out.version = model_version(out.digests);
  return out;
}

} // namespace weft
