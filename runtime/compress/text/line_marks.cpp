#include "runtime/compress/text/line_marks.hpp"

#include "runtime/compress/text/characters.hpp"

#include <algorithm>
#include <array>

namespace weft {

namespace {

constexpr size_t heading_bytes_max = 90;
constexpr size_t heading_words_max = 10;

constexpr auto paper_sections = std::to_array<std::string_view>({"abstract",
                                                                 "acknowledgements",
                                                                 "acknowledgments",
                                                                 "appendix",
                                                                 "background",
                                                                 "bibliography",
                                                                 "conclusion",
                                                                 "conclusions",
                                                                 "discussion",
                                                                 "evaluation",
                                                                 "experiments",
                                                                 "introduction",
                                                                 "keywords",
                                                                 "limitations",
                                                                 "literature",
                                                                 "materials and methods",
                                                                 "method",
                                                                 "methodology",
                                                                 "methods",
                                                                 "references",
                                                                 "related work",
                                                                 "results",
                                                                 "results and discussion",
                                                                 "summary"});
constexpr auto division_names = std::to_array<std::string_view>(
    {"act", "appendix", "book", "canto", "chapter", "kapitel", "part", "scene", "section"});

// In small letters, as far as the array reaches.
template <size_t N> std::string_view lowered(std::string_view line, std::array<char, N>& space) noexcept {
  const auto bytes = std::min(line.size(), N);
  std::transform(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(bytes), space.begin(), to_lower);
  return {space.data(), bytes};
}

// Bytes of "3", "3.", "3.2", "A.1" or "IV." with the white space behind; 0: none. `parts`: how many numbers.
size_t section_number_bytes(std::string_view line, uint8_t& parts) noexcept {
  size_t at = 0;
  parts = 0;
  if (const auto roman = line.find_first_not_of("IVXLC"); roman > 0 && roman < 8 && line[roman] == '.') {
    parts = 1;
    at = roman + 1;
  } else {
    if (line.size() > 2 && is_upper(line[0]) && line[1] == '.' && is_digit(line[2])) {
      parts = 1;
      at = 2;
    }
    while (at < line.size() && is_digit(line[at]) && parts < 6) {
      const auto begin = at;
      while (at < line.size() && is_digit(line[at]))
        ++at;
      if (at - begin > 3)
        return 0;
      ++parts;
      if (at < line.size() && line[at] == '.')
        ++at;
    }
  }
  if (parts == 0 || at >= line.size() || !is_space(line[at]))
    return 0;
  while (at < line.size() && is_space(line[at]))
    ++at;
  return at;
}

bool ends_like_title(std::string_view line) noexcept {
  if (line.empty() || std::string_view(".,;!?").find(line.back()) != std::string_view::npos)
    return false;
  const auto last = line.size() >= 3 ? line.substr(line.size() - 3) : line;
  return last != "\u3002" && last != "\uFF01" && last != "\uFF1F" && last != "\uFF0C" && last != "\u2026" &&
         last != "\u300D" && last != "\u201D";
}

struct word_census {
  size_t words = 0;
  size_t letters = 0;
  size_t capitals = 0;   ///< letters
  size_t long_words = 0; ///< of four letters and more
  size_t titled = 0;     ///< of these: begin with a capital
};

word_census count_words(std::string_view line) noexcept {
  word_census count;
  size_t at = 0;
  while (at < line.size()) {
    while (at < line.size() && is_space(line[at]))
      ++at;
    const auto begin = at;
    size_t letters = 0;
    while (at < line.size() && !is_space(line[at])) {
      letters += is_letter(line[at]) ? 1 : 0;
      count.capitals += is_upper(line[at]) ? 1 : 0;
      ++at;
    }
    if (at == begin)
      continue;
    ++count.words;
    count.letters += letters;
    if (letters >= 4) {
      ++count.long_words;
      count.titled += is_upper(line[begin]) || !is_ascii(line[begin]) ? 1 : 0;
    }
  }
  return count;
}

bool names_division(std::string_view line) noexcept {
  std::array<char, 16> space{};
  const auto small = lowered(line, space);
  const auto word = small.substr(0, small.find(' '));
  if (std::find(division_names.begin(), division_names.end(), word) == division_names.end())
    return false;
  const auto rest = line.substr(std::min(line.size(), word.size() + 1));
  return !rest.empty() && (is_digit(rest[0]) || std::string_view("IVXLC").find(rest[0]) != std::string_view::npos);
}

} // namespace

uint8_t hash_heading_level(std::string_view line) noexcept {
  const auto level = line.find_first_not_of('#');
  if (level == std::string_view::npos || level == 0 || level > 6 || line[level] != ' ')
    return 0;
  return static_cast<uint8_t>(level);
}

size_t list_marker_bytes(std::string_view line) noexcept {
  if (line.empty())
    return 0;
  size_t at = 0;
  if (line[0] == '-' || line[0] == '*' || line[0] == '+') {
    at = 1;
  } else if (const auto three = line.substr(0, 3); three == "\u2022" || three == "\u2013" || three == "\u25AA") {
    at = 3;
  } else {
    const bool bracket = line[0] == '(';
    at = bracket ? 1 : 0;
    const auto begin = at;
    while (at < line.size() && is_digit(line[at]) && at - begin < 3)
      ++at;
    if (at == begin && at < line.size() && is_letter(line[at]) && at + 1 < line.size() && line[at + 1] == ')')
      ++at;
    if (at == begin || at >= line.size() || !(line[at] == ')' || (line[at] == '.' && !bracket)))
      return 0;
    ++at;
  }
  if (at >= line.size() || !is_space(line[at]))
    return 0;
  while (at < line.size() && is_space(line[at]))
    ++at;
  return at;
}

bool is_rule(std::string_view line) noexcept {
  return line.size() >= 3 && std::string_view("=-~^*#+").find(line[0]) != std::string_view::npos &&
         line.find_first_not_of(line[0]) == std::string_view::npos;
}

bool is_fence(std::string_view line) noexcept {
  return line.starts_with("```") || line.starts_with("~~~");
}

bool is_table_rule(std::string_view line) noexcept {
  return line.find_first_not_of("|-:+ ") == std::string_view::npos && line.find("--") != std::string_view::npos &&
         (line.find('|') != std::string_view::npos || line.find('+') != std::string_view::npos);
}

uint8_t numbered_heading_level(std::string_view line) noexcept {
  uint8_t parts = 0;
  const auto bytes = section_number_bytes(line, parts);
  if (bytes == 0 || line.size() > heading_bytes_max || !ends_like_title(line))
    return 0;
  const auto title = line.substr(bytes);
  const bool capital = is_upper(title[0]) || !is_ascii(title[0]);
  return capital && count_words(title).words <= heading_words_max ? parts : 0;
}

bool names_paper_section(std::string_view line) noexcept {
  if (line.size() > 40)
    return false;
  line.remove_prefix(std::min(line.size(), line.find_first_not_of("#* ")));
  uint8_t parts = 0;
  line.remove_prefix(section_number_bytes(line, parts));
  line = line.substr(0, line.find_last_not_of(":.* ") + 1);
  std::array<char, 40> space{};
  return std::binary_search(paper_sections.begin(), paper_sections.end(), lowered(line, space));
}

uint8_t lone_heading_level(std::string_view line) noexcept {
  if (line.empty() || line.size() > heading_bytes_max)
    return 0;
  if (names_division(line) || names_paper_section(line)) {
    const auto numbered = numbered_heading_level(line);
    return numbered > 0 ? numbered : 1;
  }
  if (!ends_like_title(line))
    return 0;
  if (const auto level = numbered_heading_level(line); level > 0)
    return level;
  if (!is_ascii(line[0]) && line.size() <= 60 && is_unspaced(character_at(line, 0).scalar))
    return 2;
  const auto count = count_words(line);
  if (count.words > heading_words_max || count.letters * 2 < line.size())
    return 0;
  if (count.letters >= 3 && count.capitals == count.letters)
    return 1;
  const bool titled = count.titled * 3 >= count.long_words * 2;
  return is_upper(line[0]) && count.words <= 8 && count.long_words > 0 && titled && line.back() != ':' ? 2 : 0;
}

} // namespace weft
