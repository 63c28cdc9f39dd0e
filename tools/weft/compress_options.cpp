#include "tools/weft/compress_options.hpp"

#include "tools/weft/result_names.hpp"
#include "tools/weft/utf8.hpp"

#include <CLI/Validators.hpp>

#include <algorithm>
#include <charconv>

namespace weft::cli {
namespace {

// The node's limits: what it would refuse is found before anything is sent.
constexpr double ratio_min = 2;
constexpr double ratio_max = 32;
constexpr size_t query_bytes_max = 4'096;
constexpr size_t patterns_max = 64;
constexpr size_t patterns_bytes_max = 8'192;

std::optional<double> parse_ratio(const std::string& text) {
  double ratio = 0;
  const auto end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, ratio);
  // Written so that NaN is none.
  if (failed != std::errc{} || rest != end || !(ratio >= ratio_min && ratio <= ratio_max))
    return std::nullopt;
  return ratio;
}

CLI::Validator a_ratio() {
  return CLI::Validator{[](std::string& text) -> std::string {
                          if (parse_ratio(text))
                            return {};
                          return "'" + printable(text) +
                                 "' is no ratio from 2 to 32 (tokens of the source over tokens of the output)";
                        },
                        ""};
}

std::string in_short(double number) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  return {digits, end};
}

std::optional<problem> fill_patterns(const std::vector<std::string>& patterns, v1::CompressOptions& to) {
  if (patterns.size() > patterns_max)
    return usage_problem("--pattern: " + std::to_string(patterns.size()) + " are more than " +
                             std::to_string(patterns_max),
                         "One pattern may have alternatives: 'this|that'.");
  size_t bytes = 0;
  for (const auto& pattern : patterns) {
    bytes += pattern.size();
    if (pattern.empty())
      return usage_problem("--pattern: an empty one would keep everything");
    if (find_invalid_utf8(pattern))
      return usage_problem("--pattern is not UTF-8");
    to.add_patterns(pattern);
  }
  if (bytes > patterns_bytes_max)
    return usage_problem("--pattern: they have " + std::to_string(bytes) + " bytes together, more than " +
                         std::to_string(patterns_bytes_max));
  return std::nullopt;
}

} // namespace

std::string compress_options::first_given() const {
  const std::pair<const char*, bool> given[] = {{"--ratio", !ratio.empty()},       {"--tokens", tokens != 0},
                                                {"--strategy", !strategy.empty()}, {"--counter", !counter.empty()},
                                                {"--query", !query.empty()},       {"--keep", !keep.empty()},
                                                {"--pattern", !patterns.empty()},  {"--mega-tokens", mega_tokens != 0}};
  for (const auto& [name, is_given] : given)
    if (is_given)
      return name;
  return {};
}

void add_compress_options(CLI::App& verb, compress_options& options) {
  constexpr const char* group = "Compression";
  const auto word = [&](const char* name, std::string& to, const char* help, const std::vector<std::string>& words,
                        const char* type) {
    verb.add_option(name, to, help)->check(CLI::IsMember(words).description(""))->type_name(type)->group(group);
  };
  verb.add_option("--ratio", options.ratio,
                  "Tokens of the source over tokens of the output, 2 to 32 (default 8, without --tokens)")
      ->check(a_ratio())
      ->type_name("R")
      ->group(group);
  verb.add_option("--tokens", options.tokens, "Instead of a ratio: at most so many tokens of output")
      ->check(whole_number(1, 1'000'000'000'000))
      ->type_name("N")
      ->group(group);
  word("--strategy", options.strategy,
       "auto (default: by content), hierarchical, semantic, frequency, template or ensemble", strategy_words(),
       "STRATEGY");
  word("--counter", options.counter,
       "Whose tokens: wordpiece (default: the embedding model's), llm_estimate (of common language models) or bytes",
       counter_words(), "COUNTER");
  verb.add_option("--query", options.query, "Keep what answers this question; up to 4096 bytes")
      ->type_name("TEXT")
      ->group(group);
  verb.add_option("--keep", options.keep, "Keep every sentence with these, separated by commas: numbers, names, code")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember(keep_words()).description(""))
      ->type_name("KIND")
      ->group(group);
  verb.add_option("--pattern", options.patterns,
                  "Keep every sentence or line in which this regular expression (RE2) matches; again for more")
      ->allow_extra_args(false)
      ->type_name("RE")
      ->group(group);
  verb.add_option("--mega-tokens", options.mega_tokens,
                  "Also K vectors that stand for the whole text, 1 to 1024, with -o json or yaml")
      ->check(whole_number(1, 1'024))
      ->type_name("K")
      ->group(group);
}

std::optional<problem> fill(const compress_options& options, v1::CompressOptions& to) {
  if (!options.ratio.empty() && options.tokens != 0)
    return usage_problem("--ratio and --tokens both say how much is kept", "Give one of them.");
  if (options.tokens != 0)
    to.set_tokens(options.tokens);
  else
    to.set_ratio(parse_ratio(options.ratio).value_or(ratio_default));
  to.set_strategy(parse_strategy(options.strategy).value_or(v1::COMPRESS_STRATEGY_AUTO));
  to.set_counter(parse_counter(options.counter).value_or(v1::TOKEN_COUNTER_WORDPIECE));
  if (options.query.size() > query_bytes_max)
    return usage_problem("--query: it has " + std::to_string(options.query.size()) + " bytes, more than " +
                         std::to_string(query_bytes_max));
  if (find_invalid_utf8(options.query))
    return usage_problem("--query is not UTF-8");
  to.set_query(options.query);
  for (const auto& name : options.keep) {
    const auto kind = parse_keep(name);
    if (kind && std::find(to.keep().begin(), to.keep().end(), *kind) == to.keep().end())
      to.add_keep(*kind);
  }
  to.set_mega_tokens(options.mega_tokens);
  return fill_patterns(options.patterns, to);
}

std::string in_words(const v1::CompressOptions& options) {
  std::string out = options.has_tokens() ? "at most " + counted(options.tokens(), "token")
                                         : "ratio " + in_short(options.has_ratio() ? options.ratio() : ratio_default);
  out += ", ";
  out += options.strategy() == v1::COMPRESS_STRATEGY_UNSPECIFIED ? "auto" : name_of(options.strategy());
  if (options.counter() > v1::TOKEN_COUNTER_WORDPIECE)
    out += std::string{", counted as "}.append(name_of(options.counter()));
  if (!options.query().empty())
    out += ", for '" + shorten(printable(options.query()), 40) + "'";
  for (const int kind : options.keep())
    out += std::string{", keeps "}.append(name_of(static_cast<v1::KeepKind>(kind)));
  if (options.patterns_size() > 0)
    out += ", " + counted(static_cast<uint64_t>(options.patterns_size()), "pattern");
  if (options.mega_tokens() > 0)
    out += ", " + counted(options.mega_tokens(), "mega-token");
  return out;
}

std::string too_large_advice(const v1::CompressOptions& options) {
  if (options.mega_tokens() == 0)
    return "Give the text in smaller files, or take it as a stream: --stream.";
  const bool small = options.encoding() == v1::VECTOR_ENCODING_INT8 || options.encoding() == v1::VECTOR_ENCODING_BINARY;
  return "Ask for fewer vectors than --mega-tokens " + std::to_string(options.mega_tokens()) +
         (small ? "" : ", or for smaller ones with --encoding int8") + ", or give the text in smaller files.";
}

} // namespace weft::cli
