#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace weft {

/// Where the tests find all-MiniLM-L6-v2: WEFT_MODEL_DIR, or the cache folder that tools/setup fills.
/// Throws when it is not there: a test that needs the model fails, it is never skipped.
inline std::filesystem::path model_directory() {
  std::filesystem::path directory;
  if (const char* given = std::getenv("WEFT_MODEL_DIR")) {
    directory = given;
  } else if (const char* cache = std::getenv("XDG_CACHE_HOME")) {
    directory = std::filesystem::path(cache) / "weft/models/all-MiniLM-L6-v2";
  } else if (const char* home = std::getenv("HOME")) {
    directory = std::filesystem::path(home) / ".cache/weft/models/all-MiniLM-L6-v2";
  }
  if (!std::filesystem::exists(directory / "model.safetensors"))
    throw std::runtime_error("no model in '" + directory.string() + "': run `tools/setup model`");
  return directory;
}

} // namespace weft
