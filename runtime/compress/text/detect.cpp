#include "runtime/compress/text/detect.hpp"

#include "runtime/compress/text/block_kind.hpp"
#include "runtime/compress/text/detect_json.hpp"
#include "runtime/compress/text/line_marks.hpp"
#include "runtime/compress/text/samples.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace weft {

namespace {

// A log without times says the same few things again and again.
constexpr size_t first_words_max = 32;

std::string of(uint64_t part, uint64_t whole, std::string_view what) {
  return std::to_string(part) + " of " + std::to_string(whole) + " " + std::string{what};
}

// What papers have: named sections and citations.
struct paper_signs {
  size_t sections = 0;
  size_t citations = 0;
  bool frame = false; ///< an abstract or a list of references
};

// "[12]", "[3, 4]", "(Smith, 2019)", "et al."
size_t count_citations(std::string_view line) noexcept {
  size_t count = 0;
  for (size_t at = line.find_first_of("[(,"); at != std::string_view::npos; at = line.find_first_of("[(,", at + 1)) {
    const auto rest = line.substr(at + 1, 12);
    if (line[at] == '[') {
      const auto close = rest.find(']');
      count += close != std::string_view::npos && close > 0 && close < 12 && is_digit(rest[0]) &&
                       rest.substr(0, close).find_first_not_of("0123456789, -") == std::string_view::npos
                   ? 1
                   : 0;
    } else if (line[at] == ',' && rest.size() >= 6) {
      const auto year = rest.substr(1, 2);
      count += rest[0] == ' ' && (year == "19" || year == "20") && is_digit(rest[3]) && is_digit(rest[4]) &&
                       (rest[5] == ')' || rest[5] == ';')
                   ? 1
                   : 0;
    }
  }
  return count;
}

// All that the samples show.
struct census {
  line_counts lines;
  paper_signs paper;
  std::array<uint64_t, content_kind_count> bytes{}; ///< of blocks, by their kind
  std::array<uint64_t, content_kind_count> blocks{};
  uint64_t bytes_all = 0;
  size_t lettered = 0;                              ///< lines that begin with a letter, at no indent
  size_t small = 0;                                 ///< of these: with a small one
  size_t sentences = 0;                             ///< of these: with more than one sentence
  std::unordered_set<std::string_view> first_words; ///< of these; only its size matters
};

// Whether a sentence begins within the line: after a stop and a space, with a capital.
bool has_sentences(std::string_view line) noexcept {
  for (size_t at = line.find_first_of(".!?"); at != line.npos && at + 2 < line.size();
       at = line.find_first_of(".!?", at + 1))
    if (line[at + 1] == ' ' && is_letter(line[at + 2]) && !is_lower(line[at + 2]))
      return true;
  return false;
}

void look_at_line(census& seen, std::string_view line, size_t indent) {
  if (names_paper_section(line)) {
    ++seen.paper.sections;
    const char first = to_lower(line[std::min(line.find_first_of("aAbBrR"), line.size() - 1)]);
    seen.paper.frame |= first == 'a' || first == 'r' || first == 'b';
  }
  seen.paper.citations += count_citations(line.substr(0, 512));
  if (indent == 0 && is_letter(line[0])) {
    ++seen.lettered;
    seen.small += is_lower(line[0]) ? 1 : 0;
    seen.sentences += has_sentences(line) ? 1 : 0;
  }
}

census look_at(std::string_view text, const std::vector<text_range>& samples) {
  census seen;
  for (const auto& sample : samples) {
    seen.lines += count_lines(text, sample, sample.size());
    for (auto at = sample.begin; at < sample.end;) {
      const auto line = line_at(text, at, sample.end);
      at = line.next;
      if (!line.blank())
        look_at_line(seen, content(text, line), line.indent());
    }
    for (auto at = sample.begin; at < sample.end;) {
      const auto block = next_block(text, at, sample.end);
      if (block.size() == 0)
        break;
      at = block.end;
      const auto kind = static_cast<size_t>(block_kind(text, block));
      seen.bytes[kind] += block.size();
      seen.bytes_all += block.size();
      ++seen.blocks[kind];
    }
  }
  return seen;
}

std::optional<detection> detect_table(std::string_view text, const text_range& sample, const line_counts& lines) {
  uint32_t columns = 0;
  const char delimiter = find_delimiter(text, sample, lines, columns);
  if (delimiter == 0)
    return std::nullopt;
  const std::string_view name = delimiter == '\t'  ? "tabs"
                                : delimiter == ',' ? "commas"
                                : delimiter == ';' ? "semicolons"
                                                   : "bars";
  return detection{content_kind::table, "rows of " + std::to_string(columns) + " cells between " + std::string{name},
                   delimiter};
}

std::optional<detection> detect_mixed(const census& seen) {
  const auto most = *std::max_element(seen.bytes.begin(), seen.bytes.end());
  uint64_t second = 0;
  std::string why;
  for (size_t kind = 0; kind < content_kind_count; ++kind) {
    if (seen.bytes[kind] == 0)
      continue;
    if (seen.bytes[kind] != most)
      second = std::max(second, seen.bytes[kind]);
    why +=
        (why.empty() ? "" : ", ") + std::to_string(seen.blocks[kind]) + " of " + std::string{content_kind_names[kind]};
  }
  const auto prose = seen.bytes[static_cast<size_t>(content_kind::prose)];
  const bool outlined = prose * 2 > seen.bytes_all && seen.lines.of(line_shape::heading) >= 2; // whatever it shows
  const bool commented = looks_like_code(seen.lines) && seen.bytes[static_cast<size_t>(content_kind::code)] == most &&
                         seen.lines.of(line_shape::words) * 5 < seen.lines.lines; // code with long comments
  if (outlined || commented || most * 10 >= seen.bytes_all * 7 || second * 6 < seen.bytes_all)
    return std::nullopt;
  return detection{content_kind::mixed, "blocks of several kinds: " + why};
}

std::optional<detection> detect_outline(const line_counts& lines) {
  const auto headings = lines.of(line_shape::heading);
  const auto lists = lines.of(line_shape::list);
  const auto fences = lines.of(line_shape::fence);
  const auto rules = lines.of(line_shape::rule);
  const auto marks = headings + lists + fences + rules + lines.of(line_shape::pipes);
  const bool outline = (headings >= 2 && marks * 20 >= lines.lines) || (headings == 1 && marks * 8 >= lines.lines) ||
                       (fences >= 2 && marks >= 3) || (rules >= 2 && marks * 20 >= lines.lines) ||
                       (lists >= 2 && lists * 10 >= lines.lines * 3);
  if (!outline)
    return std::nullopt;
  return detection{content_kind::markdown, of(marks, lines.lines, "lines are headings, list items or other marks (") +
                                               std::to_string(headings) + " headings, " + std::to_string(lists) +
                                               " items)"};
}

// As logs without times do. In wrapped prose some lines begin with capitals, and others do not; where a paragraph is a
// line, most have several sentences.
bool repeats_itself(const census& seen) noexcept {
  const auto lines = seen.lines.lines;
  const bool wrapped = seen.small * 10 > seen.lettered && seen.small * 10 < seen.lettered * 9;
  const bool sentences = seen.sentences * 2 > seen.lettered;
  return lines >= 20 && seen.lettered * 10 >= lines * 6 && !wrapped && !sentences &&
         seen.first_words.size() <= first_words_max && seen.first_words.size() * 8 <= seen.lettered;
}

detection detect_words(const census& seen) {
  const auto& lines = seen.lines;
  const auto& paper = seen.paper;
  if (paper.frame && (paper.sections >= 3 || (paper.sections >= 2 && paper.citations >= 3)))
    return {content_kind::paper, std::to_string(paper.sections) + " sections as papers have them, " +
                                     std::to_string(paper.citations) + " citations"};
  const auto hashes = lines.of(line_shape::heading) + lines.of(line_shape::comment);
  if (lines.lines >= 4 && hashes * 2 > lines.lines) // no text has so many headings: the comments of a configuration
    return {content_kind::code, of(hashes, lines.lines, "lines are comments")};
  if (auto outline = detect_outline(lines))
    return *outline;
  if (repeats_itself(seen))
    return {content_kind::log, of(seen.lettered, lines.lines, "lines begin with one of ") +
                                   std::to_string(seen.first_words.size()) + " words"};
  return {content_kind::prose, of(lines.of(line_shape::words), lines.lines, "lines are running text")};
}

} // namespace

detection detect_content(std::string_view text) {
  if (auto json = detect_json(text))
    return *json;
  const auto samples = samples_of(text, sample_bytes);
  const auto seen = look_at(text, samples);
  const auto& lines = seen.lines;
  if (lines.lines == 0)
    return {content_kind::prose, "the text is empty"};
  if (auto table = detect_table(text, samples.front(), lines))
    return *table;
  if (auto mixed = detect_mixed(seen))
    return *mixed;
  if (looks_like_log(lines)) {
    const auto timed = lines.of(line_shape::timed);
    const auto leveled = lines.of(line_shape::leveled);
    return {content_kind::log, timed >= leveled ? of(timed, lines.lines, "lines begin with a time")
                                                : of(leveled, lines.lines, "lines begin with a severity")};
  }
  if (lines.of(line_shape::fence) < 2 && looks_like_code(lines))
    return {content_kind::code, of(lines.of(line_shape::code), lines.lines, "lines have the form of code")};
  return detect_words(seen);
}

} // namespace weft
