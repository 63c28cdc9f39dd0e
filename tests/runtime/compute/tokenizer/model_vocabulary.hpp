#pragma once

#include "runtime/compute/tokenizer/tokenizer.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace weft::test {

/// Where tools/setup puts the model; WEFT_MODEL_DIR overrides it.
inline std::filesystem::path model_directory() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  if (const auto given = variable("WEFT_MODEL_DIR"); !given.empty())
    return given;
  const auto cache = variable("XDG_CACHE_HOME");
  return (cache.empty() ? std::filesystem::path(variable("HOME")) / ".cache" : std::filesystem::path(cache)) /
         "weft/models/all-MiniLM-L6-v2";
}

/// The tokenizer of all-MiniLM-L6-v2. Throws, so that a test fails with one clear line, where the model is missing.
inline tokenizer model_tokenizer(uint32_t tokens_max) {
  auto loaded = tokenizer::load(model_directory() / "vocab.txt", tokens_max);
  if (!loaded)
    throw std::runtime_error(loaded.error().message + " (tools/setup model fetches it)");
  return *std::move(loaded);
}

} // namespace weft::test
