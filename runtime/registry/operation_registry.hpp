#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/embed.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// One thing that a caller can set for an operation; resolved before a result's identity is formed.
struct operation_parameter {
  std::string name;
  std::string meaning;
  std::string fallback; ///< what holds when the caller leaves it out
};

/// What the node knows of an operation before it runs one.
struct operation {
  std::string name;
  uint32_t version = 1; ///< part of a result's identity: raised when results change
  std::vector<operation_parameter> parameters;
  uint32_t items_max = 0; ///< texts in one call, 0 = what the node allows
  /// An upper bound of the tokens that one text will cost, from its bytes alone, at most `tokens_max`.
  std::function<uint64_t(uint64_t bytes, uint32_t tokens_max)> cost;
  std::string pool; ///< its default pool
};

/// The operations of a node by name. Filled at start, then read only.
class operation_registry {
public:
  /// Fails with errc::invalid_argument when the name is taken, empty, or the operation has no cost.
  status add(operation value);
  /// Null when there is none.
  const operation* find(std::string_view name) const;
  size_t size() const noexcept { return operations_.size(); }

private:
  std::map<std::string, operation, std::less<>> operations_;
};

inline constexpr std::string_view embed_name = "embed";

inline constexpr std::string_view compress_name = "compress";
/// Not an operation: chunks of documents are kept as if it were one, under a budget of their own.
inline constexpr std::string_view document_name = "document";

/// The operation `embed`: a WordPiece token takes at least one byte of text, and [CLS] and [SEP] come on top, so a text
/// costs at most bytes + 2 tokens.
operation embed_operation(std::string pool);

/// The operation `compress`: it hands the sentences of a text in as calls of embed, so it costs a pool nothing itself.
operation compress_operation(std::string pool);

/// The operation that a request is for.
inline std::string_view operation_of(const embed_options& options) noexcept {
  return options.compress.empty() ? embed_name : compress_name;
}

} // namespace weft
