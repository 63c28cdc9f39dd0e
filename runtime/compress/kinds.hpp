#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weft {

/// What a text is, as far as compressing it differs.
enum class content_kind : uint8_t { prose, paper, markdown, code, log, table, json, mixed };
inline constexpr size_t content_kind_count = 8;
inline constexpr std::array<std::string_view, content_kind_count> content_kind_names{
    "prose", "paper", "markdown", "code", "log", "table", "json", "mixed"};
constexpr std::string_view to_string(content_kind k) noexcept {
  return content_kind_names[static_cast<size_t>(k)];
}

/// How sentences or lines are chosen. `automatic` is resolved by content and policy before anything is computed.
enum class compress_strategy : uint8_t { automatic, hierarchical, semantic, frequency, templates, ensemble };
inline constexpr size_t compress_strategy_count = 6;
inline constexpr std::array<std::string_view, compress_strategy_count> compress_strategy_names{
    "auto", "hierarchical", "semantic", "frequency", "template", "ensemble"};
constexpr std::string_view to_string(compress_strategy s) noexcept {
  return compress_strategy_names[static_cast<size_t>(s)];
}

/// Whose tokens a budget is in.
enum class counter_kind : uint8_t {
  wordpiece,    ///< the model's own, without [CLS] and [SEP]: exact for it, and not what a language model counts
  llm_estimate, ///< a fast estimate of byte-pair tokenizers of common language models
  bytes,        ///< bytes of UTF-8
};
inline constexpr size_t counter_kind_count = 3;
inline constexpr std::array<std::string_view, counter_kind_count> counter_kind_names{"wordpiece", "llm_estimate",
                                                                                     "bytes"};
constexpr std::string_view to_string(counter_kind k) noexcept {
  return counter_kind_names[static_cast<size_t>(k)];
}

/// What a sentence is kept for, whatever its rank.
enum class keep_kind : uint8_t { numbers, names, code };
inline constexpr size_t keep_kind_count = 3;
inline constexpr std::array<std::string_view, keep_kind_count> keep_kind_names{"numbers", "names", "code"};
constexpr std::string_view to_string(keep_kind k) noexcept {
  return keep_kind_names[static_cast<size_t>(k)];
}

/// The value of that name; empty: there is none.
template <class Enum, size_t N>
constexpr std::optional<Enum> find_named(const std::array<std::string_view, N>& names, std::string_view name) noexcept {
  for (size_t i = 0; i < N; ++i)
    if (names[i] == name)
      return static_cast<Enum>(i);
  return std::nullopt;
}

} // namespace weft
