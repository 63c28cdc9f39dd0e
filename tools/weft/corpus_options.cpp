#include "tools/weft/corpus_options.hpp"

#include "tools/weft/utf8.hpp"

#include <charconv>
#include <utility>

namespace weft::cli {
namespace {

constexpr const char* off = "off";
constexpr double cosine_min = 0.0001; // the node's steps

std::optional<double> parse_cosine(const std::string& text) {
  double cosine = 0;
  const auto end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, cosine);
  // Written so that NaN is none.
  if (failed != std::errc{} || rest != end || !(cosine >= cosine_min && cosine <= 1))
    return std::nullopt;
  return cosine;
}

CLI::Validator a_cosine() {
  return CLI::Validator{[](std::string& text) -> std::string {
                          if (text == off || parse_cosine(text))
                            return {};
                          return "'" + printable(text) + "' is no cosine from 0.0001 to 1, nor off";
                        },
                        ""};
}

std::string in_short(double number) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  return {digits, end};
}

} // namespace

std::string corpus_options::first_given() const {
  const std::pair<const char*, bool> given[] = {{"--clusters", clusters != 0},
                                                {"--duplicates", !duplicates.empty()},
                                                {"--extract", extract != 0},
                                                {"--iterations", iterations != 0},
                                                {"--seed", seed.has_value()}};
  for (const auto& [name, is_given] : given)
    if (is_given)
      return name;
  return {};
}

void add_corpus_options(CLI::App& verb, corpus_options& options) {
  constexpr const char* group = "Corpus";
  verb.add_option("--clusters", options.clusters, "How many (default: the root of the number of texts, up to 1024)")
      ->check(whole_number(1, 65'536))
      ->type_name("N")
      ->group(group);
  verb.add_option("--duplicates", options.duplicates,
                  "Texts are near duplicates from this cosine on (default 0.95); off: they are not looked for")
      ->check(a_cosine())
      ->type_name("COSINE")
      ->group(group);
  verb.add_option("--extract", options.extract,
                  "Also at most so many tokens of whole texts that say most of all of them (default: no extract)")
      ->check(whole_number(1, uint64_t{1} << 40))
      ->type_name("TOKENS")
      ->group(group);
  verb.add_option("--iterations", options.iterations, "Of k-means, at most (default 25)")
      ->check(whole_number(1, 1'000))
      ->type_name("N")
      ->group(group);
  verb.add_option("--seed", options.seed, "Another one begins with other clusters (default 1)")
      ->check(whole_number(0, UINT64_MAX))
      ->type_name("N")
      ->group(group);
}

void fill(const corpus_options& options, v1::CorpusOptions& to) {
  to.set_clusters(options.clusters);
  to.set_iterations(options.iterations);
  if (options.seed)
    to.set_seed(*options.seed);
  if (!options.duplicates.empty())
    to.set_duplicate_similarity(parse_cosine(options.duplicates).value_or(0));
  to.set_extract_tokens(options.extract);
}

std::string in_words(const v1::CorpusOptions& options) {
  std::string out = options.clusters() > 0 ? counted(options.clusters(), "cluster") : "clusters";
  if (!options.has_duplicate_similarity() || options.duplicate_similarity() > 0)
    out += ", near duplicates from " +
           in_short(options.has_duplicate_similarity() ? options.duplicate_similarity() : 0.95);
  if (options.extract_tokens() > 0)
    out += ", " + counted(options.extract_tokens(), "token") + " of extract";
  return out;
}

std::string standing_of(const v1::JobCorpus& corpus) {
  std::string out = printable(corpus.phase());
  if (out.empty())
    return out;
  if (!corpus.step().empty())
    out +=
        ", " + printable(corpus.step()) + (corpus.step() == "iterations" ? " " + with_spaces(corpus.iteration()) : "");
  if (corpus.ranks() > 0)
    out += ", " + counted(corpus.ranks(), "node");
  return out;
}

} // namespace weft::cli
