#include "tools/weft/result_names.hpp"

#include <array>
#include <utility>

namespace weft::cli {
namespace {

template <class Enum, size_t N> using names = std::array<std::pair<Enum, std::string_view>, N>;

constexpr names<v1::Source, 4> sources{{{v1::SOURCE_COMPUTED, "computed"},
                                        {v1::SOURCE_MEMORY, "memory"},
                                        {v1::SOURCE_STORE, "store"},
                                        {v1::SOURCE_SHARED, "shared"}}};

constexpr names<v1::VectorEncoding, 4> encodings{{{v1::VECTOR_ENCODING_FLOAT32, "float32"},
                                                  {v1::VECTOR_ENCODING_FLOAT16, "float16"},
                                                  {v1::VECTOR_ENCODING_INT8, "int8"},
                                                  {v1::VECTOR_ENCODING_BINARY, "binary"}}};

constexpr names<v1::CompressStrategy, 6> strategies{{{v1::COMPRESS_STRATEGY_AUTO, "auto"},
                                                     {v1::COMPRESS_STRATEGY_HIERARCHICAL, "hierarchical"},
                                                     {v1::COMPRESS_STRATEGY_SEMANTIC, "semantic"},
                                                     {v1::COMPRESS_STRATEGY_FREQUENCY, "frequency"},
                                                     {v1::COMPRESS_STRATEGY_TEMPLATE, "template"},
                                                     {v1::COMPRESS_STRATEGY_ENSEMBLE, "ensemble"}}};

constexpr names<v1::TokenCounter, 3> counters{{{v1::TOKEN_COUNTER_WORDPIECE, "wordpiece"},
                                               {v1::TOKEN_COUNTER_LLM_ESTIMATE, "llm_estimate"},
                                               {v1::TOKEN_COUNTER_BYTES, "bytes"}}};

constexpr names<v1::KeepKind, 3> keeps{
    {{v1::KEEP_KIND_NUMBERS, "numbers"}, {v1::KEEP_KIND_NAMES, "names"}, {v1::KEEP_KIND_CODE, "code"}}};

constexpr names<v1::ContentKind, 8> contents{{{v1::CONTENT_KIND_PROSE, "prose"},
                                              {v1::CONTENT_KIND_PAPER, "paper"},
                                              {v1::CONTENT_KIND_MARKDOWN, "markdown"},
                                              {v1::CONTENT_KIND_CODE, "code"},
                                              {v1::CONTENT_KIND_LOG, "log"},
                                              {v1::CONTENT_KIND_TABLE, "table"},
                                              {v1::CONTENT_KIND_JSON, "json"},
                                              {v1::CONTENT_KIND_MIXED, "mixed"}}};

template <class Enum, size_t N> std::string_view find_name(const names<Enum, N>& known, Enum wanted) {
  for (const auto& [value, name] : known)
    if (value == wanted)
      return name;
  return wanted == Enum{} ? "unknown" : "other";
}

template <class Enum, size_t N> std::optional<Enum> find_value(const names<Enum, N>& known, std::string_view wanted) {
  for (const auto& [value, name] : known)
    if (name == wanted)
      return value;
  return std::nullopt;
}

template <class Enum, size_t N> std::vector<std::string> words_of(const names<Enum, N>& known) {
  std::vector<std::string> out;
  for (const auto& row : known)
    out.emplace_back(row.second);
  return out;
}

} // namespace

std::string_view name_of(v1::Source source) {
  return find_name(sources, source);
}

std::string_view name_of(v1::VectorEncoding encoding) {
  return find_name(encodings, encoding);
}

std::string_view name_of(v1::CompressStrategy strategy) {
  return find_name(strategies, strategy);
}

std::string_view name_of(v1::TokenCounter counter) {
  return find_name(counters, counter);
}

std::string_view name_of(v1::KeepKind kind) {
  return find_name(keeps, kind);
}

std::string_view name_of(v1::ContentKind kind) {
  return find_name(contents, kind);
}

std::optional<v1::VectorEncoding> parse_encoding(std::string_view name) {
  return find_value(encodings, name);
}

std::optional<v1::CompressStrategy> parse_strategy(std::string_view name) {
  return find_value(strategies, name);
}

std::optional<v1::TokenCounter> parse_counter(std::string_view name) {
  return find_value(counters, name);
}

std::optional<v1::KeepKind> parse_keep(std::string_view name) {
  return find_value(keeps, name);
}

std::vector<std::string> encoding_words() {
  return words_of(encodings);
}

std::vector<std::string> strategy_words() {
  return words_of(strategies);
}

std::vector<std::string> counter_words() {
  return words_of(counters);
}

std::vector<std::string> keep_words() {
  return words_of(keeps);
}

} // namespace weft::cli
