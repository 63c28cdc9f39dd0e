#include "runtime/compress/text/profile.hpp"

#include "runtime/compress/text/characters.hpp"
#include "runtime/compress/text/language.hpp"

#include <algorithm>
#include <span>
#include <unordered_set>

namespace weft {

namespace {

constexpr uint64_t sampled_bytes_max = uint64_t{96} << 10; ///< each of three runs of units
constexpr size_t window_words = 256; ///< different words are counted in windows: in longer texts more of them repeat
constexpr double long_sentence_words = 40;
constexpr double plain_variety = 0.35; ///< share of different words in plain text; all different: the most complex

constexpr uint64_t hash_seed = 0xcbf29ce484222325; // FNV-1a, 64 bits
constexpr uint64_t hash_step(uint64_t hash, char c) noexcept {
  return (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
}

// What the words of the units show. Sets are asked for membership and size alone, so their order shows nowhere.
struct word_census {
  uint64_t words = 0;
  uint64_t terms = 0;
  uint64_t full_windows = 0;
  uint64_t different = 0; ///< words, summed over full windows
  size_t in_window = 0;
  std::unordered_set<uint64_t> window;

  void add(uint64_t word, bool term) {
    ++words;
    terms += term ? 1 : 0;
    window.insert(word);
    if (++in_window == window_words) {
      ++full_windows;
      different += window.size();
      window.clear();
      in_window = 0;
    }
  }

  double variety() const noexcept {
    if (full_windows > 0)
      return static_cast<double>(different) / static_cast<double>(full_windows * window_words);
    return in_window > 0 ? static_cast<double>(window.size()) / static_cast<double>(in_window) : 0;
  }
};

// Counts the word that begins at `at`, and returns its end. A term has a digit, an underscore, a capital behind a small
// letter, or two capitals and more.
size_t count_word(word_census& census, std::string_view text, size_t at) {
  auto hash = hash_seed;
  size_t capitals = 0;
  size_t letters = 0;
  bool term = false;
  const auto begin = at;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (!is_letter(c) && !is_digit(c) && c != '_' && is_ascii(c))
      break;
    term |= c == '_' || (is_upper(c) && at > begin && is_lower(text[at - 1]));
    term |= is_digit(c) && letters > 0;
    capitals += is_upper(c) ? 1 : 0;
    letters += is_letter(c) ? 1 : 0;
    hash = hash_step(hash, to_lower(c));
  }
  census.add(hash, term || capitals >= 2 || (letters > 0 && letters < at - begin && is_digit(text[begin])));
  return at;
}

void count_words(word_census& census, std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (is_ascii(c)) {
      at = is_letter(c) || is_digit(c) || c == '_' ? count_word(census, text, at) : at + 1;
      continue;
    }
    const auto here = character_at(text, at);
    if (!is_unspaced(here.scalar)) {
      at = count_word(census, text, at);
      continue;
    }
    auto hash = hash_seed; // two characters are about a word
    const auto end = std::min(text.size(), at + 2 * here.bytes);
    auto next = at;
    while (next < end && is_unspaced(character_at(text, next).scalar)) {
      const auto bytes = character_at(text, next).bytes;
      for (size_t i = 0; i < bytes; ++i)
        hash = hash_step(hash, text[next + i]);
      next += bytes;
    }
    census.add(hash, false);
    at = next;
  }
}

// The same for texts that differ in their numbers only.
uint64_t form_of(std::string_view text) noexcept {
  auto hash = hash_seed;
  bool in_digits = false;
  for (const char c : text) {
    if (!is_digit(c) || !in_digits)
      hash = hash_step(hash, is_digit(c) ? '0' : c);
    in_digits = is_digit(c);
  }
  return hash;
}

// Units [first, last) of each sample: all of them, or three runs from the start, the middle and the end.
std::vector<std::pair<size_t, size_t>> runs_of(const document& source) {
  const auto& units = source.units;
  if (source.text.size() <= 3 * sampled_bytes_max || units.size() < 3)
    return {{0, units.size()}};
  std::vector<std::pair<size_t, size_t>> runs;
  const uint64_t size = source.text.size();
  for (const uint64_t begin : {uint64_t{0}, (size - sampled_bytes_max) / 2, size - sampled_bytes_max}) {
    const auto at = [&](uint64_t byte) {
      const auto unit = std::partition_point(units.begin(), units.end(), [&](const auto& u) { return u.begin < byte; });
      return static_cast<size_t>(unit - units.begin());
    };
    const auto first = std::max(at(begin), runs.empty() ? 0 : runs.back().second);
    runs.emplace_back(first, std::max(first, at(begin + sampled_bytes_max)));
  }
  return runs;
}

// Of a unit that is longer than a sample its front, whole characters.
std::string_view front_of(std::string_view text) noexcept {
  if (text.size() <= sampled_bytes_max)
    return text;
  size_t end = sampled_bytes_max;
  while (end > 0 && is_continuation(text[end]))
    --end;
  return text.substr(0, end);
}

} // namespace

text_profile profile_of(const document& source) {
  word_census census;
  std::unordered_set<uint64_t> forms;
  std::vector<std::string_view> parts;
  uint64_t bytes = 0;
  uint64_t repeated = 0;
  for (const auto& [first, last] : runs_of(source))
    for (auto unit = first; unit < last; ++unit) {
      const auto text = front_of(source.of(static_cast<uint32_t>(unit)));
      parts.push_back(text);
      count_words(census, text);
      bytes += text.size();
      if (!forms.insert(form_of(text)).second)
        repeated += text.size();
    }
  text_profile profile;
  if (parts.empty())
    return profile;
  const auto words = static_cast<double>(census.words);
  profile.mean_sentence_words = words / static_cast<double>(parts.size());
  profile.repetition = static_cast<double>(repeated) / static_cast<double>(bytes);
  profile.technical = census.words > 0 ? static_cast<double>(census.terms) / words : 0;
  const auto length = std::min(1.0, profile.mean_sentence_words / long_sentence_words);
  const auto variety = std::clamp((census.variety() - plain_variety) / (1 - plain_variety), 0.0, 1.0);
  profile.complexity = (length + variety) / 2;
  profile.language = language_of(parts);
  return profile;
}

} // namespace weft
