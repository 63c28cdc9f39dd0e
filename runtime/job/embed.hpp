#pragma once

#include "runtime/job/numeric_class.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Which end of a text is dropped when it has more tokens than the model reads.
enum class truncation_side : uint8_t { right, left };

struct embed_options {
  bool normalize = true; ///< scale every vector to length 1
  bool truncate = true;  ///< false: refuse a text that is too long (errc::text_too_long)
  truncation_side side = truncation_side::right;
  /// The parameters of the operation `compress` in canonical form (runtime/compress/parameters.hpp): the texts are
  /// compressed instead of embedded, and the rest of these options says nothing. "": embed.
  std::string compress = {};
  /// False: neither looked for in the cache nor kept there. No part of the identity.
  bool cached = true;

  bool operator==(const embed_options&) const = default;
};

/// One operation over 1..N texts: embed, or compress where the options say so.
struct embed_request {
  std::string model; ///< "" = the node's default model
  std::vector<std::string> texts;
  embed_options options;
  /// In which it has to be computed, by another node where this one has another class; nothing: in this node's.
  std::optional<numeric_class> precision = std::nullopt;
};

/// Where a result came from.
enum class source : uint8_t {
  computed,
  memory, ///< a cache level in memory, here or at the key's owner
  store,  ///< the cache on disk
  shared, ///< another call computed it at the same time
};
constexpr std::string_view to_string(source s) noexcept {
  switch (s) {
  case source::computed:
    return "computed";
  case source::memory:
    return "memory";
  case source::store:
    return "store";
  case source::shared:
    return "shared";
  }
  return "?";
}

/// The answer for one text.
struct embedding {
  std::vector<float> values; ///< [dimensions]
  uint32_t tokens = 0;       ///< read by the model, [CLS] and [SEP] included
  bool truncated = false;
  weft::source source = weft::source::computed;
  /// What compress gives in place of a vector, encoded (runtime/compress/output.hpp); null: there is a vector.
  std::shared_ptr<const std::string> document = nullptr;
};

/// Bytes of the vector, or of what is there in its place.
inline size_t bytes_of(const embedding& item) noexcept {
  return item.values.size() * sizeof(float) + (item.document ? item.document->size() : 0);
}

/// Where the time of a call went: waiting, tokenizing, in the engine. Sums over its batches, per call the longest.
struct call_times {
  std::chrono::nanoseconds queue{};
  std::chrono::nanoseconds tokenize{};
  std::chrono::nanoseconds infer{};
};

/// What the call cost; every reply carries it.
struct usage {
  uint64_t tokens = 0;
  double device_seconds = 0; ///< its share, by tokens, of the engine time of the batches that it was in
};

struct embed_result {
  std::string model;
  std::string model_version;
  numeric_class precision = numeric_class::fp32;
  std::vector<embedding> items; ///< one a text, in the order of the request
  weft::usage usage;
  call_times times;
};

} // namespace weft
