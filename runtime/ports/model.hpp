#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/embed.hpp"
#include "runtime/ports/engine.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

struct model_info {
  std::string name;                              ///< "all-MiniLM-L6-v2"
  std::string version;                           ///< first 12 hex digits of the SHA-256 of the weights
  numeric_class precision = numeric_class::fp32; ///< resolved: never "auto"
  uint32_t dimensions = 0;
  uint32_t tokens_max = 0;    ///< of one text, specials included
  uint64_t weights_bytes = 0; ///< mapped once, shared by all engines
};

struct token_sequence {
  std::vector<int32_t> ids; ///< with specials, at most tokens_max
  bool truncated = false;
};

struct engine_options {
  uint32_t index = 0;      ///< the worker's number: part of the device name and of the CPU choice
  bool pin_thread = false; ///< bind the engine's thread to CPU `index` modulo the number of CPUs
};

/// A loaded model: its tokenizer and its weights. Immutable, so thread-safe; shared by tokenizers and engines.
class model {
public:
  virtual ~model() = default;
  virtual const model_info& info() const noexcept = 0;
  /// Fails with errc::invalid_utf8 (the message gives the byte), or errc::text_too_long where truncation is refused.
  virtual result<token_sequence> tokenize(std::string_view text, const embed_options& options) const = 0;
  /// Tokens of a text of any length, without specials and without a cut; 0 for an empty one. Bytes that are no UTF-8
  /// count as one unknown word.
  virtual uint64_t count_tokens(std::string_view text) const = 0;
  virtual result<std::unique_ptr<engine>> make_engine(const engine_options& options) const = 0;
  /// How many devices its engines run on; each is to have one engine, whatever the pool's size would be. Empty: CPUs,
  /// with as many engines as the pool likes. 0: all devices are lost, and no CPU computes in the model's class: open it
  /// anew. May fall at any time, never rises.
  virtual std::optional<uint32_t> devices() const noexcept { return std::nullopt; }
};

using model_ptr = std::shared_ptr<const model>;

} // namespace weft
