#include "tools/weft/compress_words.hpp"

#include "tools/weft/output.hpp"
#include "tools/weft/result_names.hpp"
#include "tools/weft/utf8.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string_view>
#include <vector>

namespace weft::cli {
namespace {

struct meaning {
  double from; ///< the score, rounded to two digits
  tone paint;
  const char* words;
};

// Sentence embeddings of unrelated texts have a cosine of 0 to 0.2, of the same subject 0.4 to 0.7.
constexpr std::array<meaning, 4> coverage_meanings{
    {{0.8, tone::good, "nearly every sentence is kept, or says what a kept one says"},
     {0.65, tone::good, "most of what it says has a kept sentence near to it; details are lost"},
     {0.5, tone::warning, "its subjects are there, much of what it says about them is lost"},
     {-1, tone::bad, "much is lost: ask for a smaller ratio, or for what matters with --query"}}};

constexpr std::array<meaning, 3> fidelity_meanings{
    {{0.95, tone::good, "as a whole it is about the same as the source"},
     {0.85, tone::warning, "as a whole it leans to some of the source's subjects"},
     {-1, tone::bad, "as a whole it is about something else than the source"}}};

std::string two_digits(double score) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", score);
  return text;
}

template <size_t N> std::string in_meaning(const std::array<meaning, N>& known, double score, bool colour) {
  const double rounded = std::round(score * 100) / 100;
  const auto* found = std::find_if(known.begin(), known.end() - 1, [&](const meaning& m) { return rounded >= m.from; });
  return paint(two_digits(score), found->paint, colour) + "  " + found->words;
}

std::string percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? "0%" : std::to_string((100 * part + whole / 2) / whole) + "%";
}

std::string in_ms(uint64_t nanoseconds) {
  return in_figures(static_cast<double>(nanoseconds) / 1e6) + " ms";
}

std::string ratio_of(const v1::CompressReport& report) {
  return in_figures(report.ratio()) + "×";
}

const char* counter_words_of(v1::TokenCounter counter) {
  switch (counter) {
  case v1::TOKEN_COUNTER_LLM_ESTIMATE:
    return "tokens, estimated for common language models";
  case v1::TOKEN_COUNTER_BYTES:
    return "bytes";
  default:
    return "WordPiece tokens";
  }
}

std::string with_reason(std::string_view name, const std::string& why) {
  return std::string{name} + (why.empty() ? "" : ": " + printable(why));
}

std::string units_of(const v1::CompressReport& report) {
  const uint64_t kept = report.units_kept();
  const uint64_t by_rule = std::min<uint64_t>(report.units_required(), kept);
  std::string out = with_spaces(kept) + " of " + counted(report.units(), "unit") + " (sentences or lines), " +
                    percent(kept, report.units());
  if (by_rule > 0)
    out += "; " + with_spaces(by_rule) + " of these by rule (" + percent(by_rule, kept) + "), " +
           with_spaces(kept - by_rule) + " by rank";
  return out;
}

std::string profile_of(const v1::TextProfile& profile) {
  std::string out = "complexity " + two_digits(profile.complexity()) + ", repetition " +
                    two_digits(profile.repetition()) + ", technical " + two_digits(profile.technical()) + ", " +
                    in_figures(profile.mean_sentence_words()) + " words a sentence";
  if (!profile.language().empty() && profile.language() != "und")
    out += ", language " + printable(profile.language());
  return out;
}

std::string time_of(const v1::Compressed& compressed) {
  const auto& timing = compressed.report().timing();
  std::string out = "split " + in_ms(timing.split_nanoseconds()) + " · embed " + in_ms(timing.embed_nanoseconds()) +
                    " · points " + in_ms(timing.points_nanoseconds()) + " · select " +
                    in_ms(timing.select_nanoseconds());
  if (compressed.source() != v1::SOURCE_COMPUTED && compressed.source() != v1::SOURCE_UNSPECIFIED)
    out += " when it was computed; this reply was found (" + std::string{name_of(compressed.source())} + ")";
  return out;
}

constexpr size_t forms_shown = 5;
constexpr size_t form_columns = 90;

/// The kept sentences or lines, as they lie in the extract with their joints: white space, commas between records.
/// Empty where the extract was left out, or is joined otherwise.
std::vector<std::string_view> kept_lines(const v1::Compressed& compressed) {
  const std::string_view text = compressed.text();
  const bool records = compressed.report().content() == v1::CONTENT_KIND_JSON;
  std::vector<std::string_view> out;
  size_t at = 0;
  for (const auto& place : compressed.kept()) {
    const auto size = place.end() - place.begin();
    at = std::min(text.find_first_not_of(records ? " \t\r\n\v\f," : " \t\r\n\v\f", at), text.size());
    if (place.end() < place.begin() || size > text.size() - at)
      return {};
    out.push_back(text.substr(at, size));
    at += size;
  }
  return at == text.size() ? out : std::vector<std::string_view>{};
}

/// "812 × INFO request 17 served": the lines that stand for most, the commonest first.
std::vector<std::string> commonest_forms(const v1::Compressed& compressed) {
  const auto& counts = compressed.stands_for();
  if (counts.size() != compressed.kept_size())
    return {};
  std::vector<int> order;
  for (int i = 0; i < counts.size(); ++i)
    if (counts[i] > 1)
      order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return counts[a] > counts[b]; });
  order.resize(std::min(order.size(), forms_shown));
  const auto lines = order.empty() ? std::vector<std::string_view>{} : kept_lines(compressed);
  size_t digits = 0;
  std::vector<std::string> out;
  for (const int i : order) {
    const auto& place = compressed.kept(i);
    const std::string count = with_spaces(counts[i]);
    digits = std::max(digits, count.size()); // of the first
    out.push_back(std::string(digits - count.size(), ' ') + count + " × " +
                  (lines.empty() ? "bytes " + with_spaces(place.begin()) + " to " + with_spaces(place.end())
                                 : shorten(printable(lines[static_cast<size_t>(i)]), form_columns)));
  }
  return out;
}

} // namespace

std::string report_line(const v1::Compressed& compressed) {
  const auto& report = compressed.report();
  std::string out = with_spaces(report.source_tokens()) + " → " + with_spaces(report.output_tokens()) + " " +
                    counter_words_of(report.counter()) + " (" + ratio_of(report) + "), " +
                    std::string{name_of(report.content())} + ", " + std::string{name_of(report.strategy())} + ", " +
                    with_spaces(report.units_kept()) + " of " + counted(report.units(), "unit");
  if (report.has_coverage())
    out += ", coverage " + two_digits(report.coverage());
  if (report.has_fidelity())
    out += ", fidelity " + two_digits(report.fidelity());
  return out;
}

std::string explanation(const v1::Compressed& compressed, bool colour) {
  const auto& report = compressed.report();
  std::string out;
  const auto row = [&](const char* name, const std::string& value) {
    std::string head = name;
    head.resize(11, ' ');
    out += "  " + paint(head, tone::dim, colour) + value + "\n";
  };
  row("content", with_reason(name_of(report.content()), report.why_content()));
  row("profile", profile_of(report.profile()));
  row("strategy", with_reason(name_of(report.strategy()), report.why_strategy()));
  row("policy", report.policy_version().empty() ? "none: the strategy was asked for"
                                                : "version " + printable(report.policy_version()) + " of the table");
  row("size", with_spaces(report.source_tokens()) + " → " + with_spaces(report.output_tokens()) + " of at most " +
                  with_spaces(report.target_tokens()) + " " + counter_words_of(report.counter()));
  row("ratio", ratio_of(report));
  row("kept", units_of(report));
  if (report.templates() > 0)
    row("templates", with_spaces(report.templates_kept()) + " of " + with_spaces(report.templates()));
  for (const auto& form : commonest_forms(compressed))
    row("", form);
  if (report.exceptions() > 0)
    row("exceptions", with_spaces(report.exceptions_kept()) + " of " + with_spaces(report.exceptions()));
  constexpr const char* unmeasured = "not measured: this strategy uses no vectors";
  row("coverage", report.has_coverage() ? in_meaning(coverage_meanings, report.coverage(), colour) : unmeasured);
  row("fidelity", report.has_fidelity() ? in_meaning(fidelity_meanings, report.fidelity(), colour) : unmeasured);
  if (report.has_term_coverage())
    row("words", two_digits(report.term_coverage()) + "  of the source's words, rare ones counting more");
  if (compressed.mega_tokens_size() > 0)
    row("vectors", counted(static_cast<uint64_t>(compressed.mega_tokens_size()), "mega-token"));
  row("time", time_of(compressed));
  if (report.counter() != v1::TOKEN_COUNTER_LLM_ESTIMATE && report.counter() != v1::TOKEN_COUNTER_BYTES)
    out +=
        "  WordPiece is the embedding model's own count, not a language model's; --counter llm_estimate is nearer.\n";
  return out;
}

} // namespace weft::cli
