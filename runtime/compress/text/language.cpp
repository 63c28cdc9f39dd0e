#include "runtime/compress/text/language.hpp"

#include "runtime/compress/text/characters.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace weft {

namespace {

// Words that stand in any text of a language and seldom in one of another.
struct common_words {
  std::string_view language;
  std::array<std::string_view, 14> words;
};

constexpr std::array<common_words, 10> languages{
    {{"en", {"the", "of", "and", "to", "is", "that", "for", "it", "with", "was", "this", "be", "are", "not"}},
     {"de", {"der", "die", "und", "das", "ist", "nicht", "mit", "den", "ein", "von", "auf", "eine", "zu", "auch"}},
     {"fr", {"le", "les", "et", "des", "est", "une", "dans", "que", "pour", "pas", "du", "sur", "qui", "avec"}},
     {"es", {"el", "los", "las", "y", "que", "una", "por", "con", "para", "del", "como", "pero", "es", "se"}},
     {"it", {"il", "di", "che", "per", "una", "non", "con", "sono", "della", "gli", "anche", "nel", "alla", "e"}},
     {"pt", {"o", "os", "que", "uma", "para", "com", "dos", "da", "em", "ao", "mas", "foi", "pelo", "n\u00E3o"}},
     {"nl", {"de", "het", "een", "van", "en", "niet", "zijn", "dat", "voor", "met", "op", "ook", "wordt", "aan"}},
     {"sv",
      {"och", "att", "det", "som", "en", "p\u00E5", "inte", "med", "f\u00F6r", "\u00E4r", "av", "till", "den", "ett"}},
     {"da", {"og", "at", "det", "som", "er", "ikke", "til", "af", "med", "p\u00E5", "den", "et", "jeg", "blev"}},
     {"pl",
      {"nie", "si\u0119", "jest", "na", "to", "\u017Ce", "jak", "ale", "przez", "oraz", "dla", "czy", "od", "tym"}}}};

struct script_counts {
  uint64_t latin = 0;
  uint64_t cyrillic = 0;
  uint64_t ukrainian = 0; ///< letters that Russian lacks
  uint64_t greek = 0;
  uint64_t arabic = 0;
  uint64_t persian = 0; ///< letters that Arabic lacks
  uint64_t hebrew = 0;
  uint64_t devanagari = 0;
  uint64_t thai = 0;
  uint64_t kana = 0;
  uint64_t hangul = 0;
  uint64_t han = 0;
};

void count_wide(script_counts& count, char32_t c) noexcept {
  if (c >= 0xC0 && c <= 0x24F)
    ++count.latin;
  else if (c >= 0x370 && c <= 0x3FF)
    ++count.greek;
  else if (c >= 0x400 && c <= 0x52F) {
    ++count.cyrillic;
    count.ukrainian += c == 0x404 || c == 0x406 || c == 0x407 || c == 0x454 || c == 0x456 || c == 0x457 ? 1 : 0;
  } else if (c >= 0x590 && c <= 0x5FF)
    ++count.hebrew;
  else if (c >= 0x600 && c <= 0x6FF) {
    ++count.arabic;
    count.persian += c == 0x67E || c == 0x686 || c == 0x698 || c == 0x6AF ? 1 : 0;
  } else if (c >= 0x900 && c <= 0x97F)
    ++count.devanagari;
  else if (c >= 0xE00 && c <= 0xE7F)
    ++count.thai;
  else if (c >= 0x3041 && c <= 0x30FF)
    ++count.kana;
  else if (c >= 0xAC00 && c <= 0xD7A3)
    ++count.hangul;
  else if (c >= 0x3400 && c <= 0x9FFF)
    ++count.han;
}

using word_counts = std::array<uint64_t, languages.size()>;

// Which languages a word is common in. Longer ones than any of the lists are not looked up.
void count_word(word_counts& counts, std::string_view word) noexcept {
  std::array<char, 8> small{};
  if (word.empty() || word.size() > small.size())
    return;
  std::transform(word.begin(), word.end(), small.begin(), to_lower);
  const std::string_view lowered{small.data(), word.size()};
  for (size_t i = 0; i < languages.size(); ++i)
    if (std::find(languages[i].words.begin(), languages[i].words.end(), lowered) != languages[i].words.end())
      ++counts[i];
}

std::string by_script(const script_counts& n) {
  const auto wide = n.han + n.kana + n.hangul;
  const auto most = std::max({n.latin, n.cyrillic, n.greek, n.arabic, n.hebrew, n.devanagari, n.thai, wide * 2});
  if (most == 0 || most == n.latin)
    return "";
  if (most == n.cyrillic)
    return n.ukrainian * 50 > n.cyrillic ? "uk" : "ru";
  if (most == n.greek)
    return "el";
  if (most == n.arabic)
    return n.persian * 50 > n.arabic ? "fa" : "ar";
  if (most == n.hebrew)
    return "he";
  if (most == n.devanagari)
    return "hi";
  if (most == n.thai)
    return "th";
  if (n.hangul * 2 > wide)
    return "ko";
  return n.kana * 10 > wide ? "ja" : "zh";
}

} // namespace

std::string language_of(std::span<const std::string_view> parts) {
  script_counts scripts;
  word_counts words{};
  uint64_t words_all = 0;
  for (const auto part : parts) {
    size_t word = 0; // where it began
    for (size_t at = 0; at <= part.size();) {
      if (at < part.size() && !is_ascii(part[at])) {
        const auto c = character_at(part, at);
        count_wide(scripts, c.scalar);
        at += c.bytes;
        continue;
      }
      if (at < part.size() && is_letter(part[at])) {
        ++scripts.latin;
      } else {
        words_all += at > word ? 1 : 0;
        count_word(words, part.substr(word, at - word));
        word = at + 1;
      }
      ++at;
    }
  }
  if (auto found = by_script(scripts); !found.empty())
    return found;
  const auto best = static_cast<size_t>(std::max_element(words.begin(), words.end()) - words.begin());
  return words[best] >= 3 && words[best] * 12 >= words_all ? std::string{languages[best].language} : "und";
}

} // namespace weft
