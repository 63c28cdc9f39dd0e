#pragma once

#include "tools/weft/options.hpp"
#include "weft/v1/compress.pb.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weft::cli {

/// What is asked of a compression, as typed: `weft compress` and `weft job submit compress` share it. "" and 0: not
/// given.
struct compress_options {
  std::string ratio;
  uint64_t tokens = 0;
  std::string strategy;
  std::string counter;
  std::string query;
  std::vector<std::string> keep;
  std::vector<std::string> patterns;
  uint32_t mega_tokens = 0;

  /// The first option that was given, "--ratio" say; "": none was.
  std::string first_given() const;
};

inline constexpr double ratio_default = 8;

/// --ratio, --tokens, --strategy, --counter, --query, --keep, --pattern and --mega-tokens.
void add_compress_options(CLI::App& verb, compress_options& options);

/// Puts them into a request, or says what they contradict: nothing is sent then.
std::optional<problem> fill(const compress_options& options, v1::CompressOptions& to);

/// "ratio 8, semantic, 2 patterns": what a job does with its texts.
std::string in_words(const v1::CompressOptions& options);

/// What helps where the texts of a call, or its reply, are too large.
std::string too_large_advice(const v1::CompressOptions& options);

} // namespace weft::cli
