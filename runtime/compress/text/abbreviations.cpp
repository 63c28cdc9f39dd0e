#include "runtime/compress/text/abbreviations.hpp"

#include <algorithm>
#include <array>

namespace weft {

namespace {

struct known_abbreviation {
  std::string_view word;
  abbreviation meaning;
};

constexpr auto abbreviations = std::to_array<known_abbreviation>(
    {{"a.d", abbreviation::either},    {"a.m", abbreviation::either},      {"abb", abbreviation::numbered},
     {"abs", abbreviation::within},    {"abschn", abbreviation::numbered}, {"al", abbreviation::either},
     {"allg", abbreviation::within},   {"amb", abbreviation::within},      {"anm", abbreviation::numbered},
     {"approx", abbreviation::within}, {"apr", abbreviation::month},       {"art", abbreviation::numbered},
     {"assn", abbreviation::within},   {"aug", abbreviation::month},       {"av", abbreviation::within},
     {"ave", abbreviation::either},    {"b.a", abbreviation::either},      {"b.c", abbreviation::either},
     {"bd", abbreviation::numbered},   {"bldg", abbreviation::either},     {"blvd", abbreviation::either},
     {"bros", abbreviation::within},   {"bspw", abbreviation::within},     {"bzgl", abbreviation::within},
     {"bzw", abbreviation::within},    {"c.f", abbreviation::within},      {"ca", abbreviation::within},
     {"capt", abbreviation::within},   {"cf", abbreviation::within},       {"ch", abbreviation::numbered},
     {"chap", abbreviation::numbered}, {"cmdr", abbreviation::within},     {"co", abbreviation::either},
     {"col", abbreviation::within},    {"corp", abbreviation::either},     {"cpl", abbreviation::within},
     {"d.c", abbreviation::either},    {"d.h", abbreviation::within},      {"dec", abbreviation::month},
     {"dept", abbreviation::within},   {"dez", abbreviation::month},       {"dgl", abbreviation::either},
     {"dipl", abbreviation::within},   {"dr", abbreviation::within},       {"e.g", abbreviation::within},
     {"e.u", abbreviation::either},    {"ed", abbreviation::within},       {"eds", abbreviation::within},
     {"eg", abbreviation::within},     {"eq", abbreviation::numbered},     {"eqs", abbreviation::numbered},
     {"esp", abbreviation::within},    {"esq", abbreviation::either},      {"etal", abbreviation::within},
     {"etc", abbreviation::last},      {"evtl", abbreviation::within},     {"excl", abbreviation::within},
     {"exkl", abbreviation::within},   {"feb", abbreviation::month},       {"fig", abbreviation::numbered},
     {"figs", abbreviation::numbered}, {"fr", abbreviation::within},       {"fri", abbreviation::month},
     {"frl", abbreviation::within},    {"ft", abbreviation::either},       {"geb", abbreviation::within},
     {"gen", abbreviation::within},    {"gest", abbreviation::within},     {"ggf", abbreviation::within},
     {"gmbh", abbreviation::either},   {"gov", abbreviation::within},      {"hon", abbreviation::within},
     {"hr", abbreviation::within},     {"hrs", abbreviation::either},      {"hrsg", abbreviation::within},
     {"i.d.r", abbreviation::within},  {"i.e", abbreviation::within},      {"ie", abbreviation::within},
     {"inc", abbreviation::either},    {"incl", abbreviation::within},     {"ing", abbreviation::within},
     {"inkl", abbreviation::within},   {"insb", abbreviation::within},     {"jan", abbreviation::month},
     {"jh", abbreviation::either},     {"jr", abbreviation::either},       {"jul", abbreviation::month},
     {"jun", abbreviation::month},     {"kap", abbreviation::numbered},    {"lb", abbreviation::either},
     {"lbs", abbreviation::either},    {"lemma", abbreviation::numbered},  {"llc", abbreviation::either},
     {"lt", abbreviation::within},     {"ltd", abbreviation::either},      {"m.a", abbreviation::either},
     {"m.d", abbreviation::either},    {"maj", abbreviation::within},      {"messrs", abbreviation::within},
     {"mio", abbreviation::within},    {"mlle", abbreviation::within},     {"mme", abbreviation::within},
     {"mon", abbreviation::month},     {"mr", abbreviation::within},       {"mrd", abbreviation::within},
     {"mrs", abbreviation::within},    {"ms", abbreviation::within},       {"mt", abbreviation::within},
     {"no", abbreviation::numbered},   {"nos", abbreviation::numbered},    {"nov", abbreviation::month},
     {"nr", abbreviation::numbered},   {"num", abbreviation::numbered},    {"o.a", abbreviation::within},
     {"oct", abbreviation::month},     {"okt", abbreviation::month},       {"op", abbreviation::within},
     {"oz", abbreviation::either},     {"p", abbreviation::numbered},      {"p.ex", abbreviation::within},
     {"p.m", abbreviation::either},    {"para", abbreviation::numbered},   {"ph.d", abbreviation::either},
     {"plc", abbreviation::either},    {"pp", abbreviation::numbered},     {"pres", abbreviation::within},
     {"prof", abbreviation::within},   {"pt", abbreviation::numbered},     {"rd", abbreviation::either},
     {"ref", abbreviation::numbered},  {"refs", abbreviation::numbered},   {"resp", abbreviation::within},
     {"rev", abbreviation::within},    {"s", abbreviation::numbered},      {"s.o", abbreviation::within},
     {"s.u", abbreviation::within},    {"sec", abbreviation::numbered},    {"secs", abbreviation::numbered},
     {"sen", abbreviation::within},    {"sep", abbreviation::month},       {"sept", abbreviation::month},
     {"seq", abbreviation::within},    {"sgt", abbreviation::within},      {"sog", abbreviation::within},
     {"sr", abbreviation::within},     {"sra", abbreviation::within},      {"srta", abbreviation::within},
     {"st", abbreviation::within},     {"str", abbreviation::within},      {"supt", abbreviation::within},
     {"thm", abbreviation::numbered},  {"thu", abbreviation::month},       {"thur", abbreviation::month},
     {"thurs", abbreviation::month},   {"trans", abbreviation::within},    {"tue", abbreviation::month},
     {"tues", abbreviation::month},    {"u.a", abbreviation::within},      {"u.k", abbreviation::either},
     {"u.n", abbreviation::either},    {"u.s", abbreviation::either},      {"u.s.a", abbreviation::either},
     {"u.u", abbreviation::within},    {"ud", abbreviation::within},       {"uds", abbreviation::within},
     {"univ", abbreviation::within},   {"usf", abbreviation::either},      {"usw", abbreviation::either},
     {"v", abbreviation::within},      {"v.a", abbreviation::within},      {"vgl", abbreviation::within},
     {"viz", abbreviation::within},    {"vol", abbreviation::numbered},    {"vols", abbreviation::numbered},
     {"vs", abbreviation::within},     {"wed", abbreviation::month},       {"z.b", abbreviation::within},
     {"z.t", abbreviation::within}});

constexpr auto first_words = std::to_array<std::string_view>(
    {"A",     "After",   "All",         "Also",  "Although", "An",    "And",     "Another", "As",      "At",
     "Auch",  "Because", "Before",      "Both",  "But",      "By",    "Dann",    "Das",     "Der",     "Die",
     "Dies",  "Diese",   "Doch",        "Each",  "Ein",      "Eine",  "El",      "Er",      "Es",      "Every",
     "For",   "From",    "Furthermore", "He",    "Her",      "Here",  "His",     "How",     "However", "I",
     "If",    "Il",      "Im",          "In",    "Is",       "It",    "Its",     "La",      "Le",      "Les",
     "Many",  "More",    "Moreover",    "Most",  "My",       "Nach",  "Next",    "No",      "Not",     "Now",
     "Of",    "On",      "Once",        "One",   "Only",     "Or",    "Other",   "Our",     "She",     "Sie",
     "Since", "So",      "Some",        "Such",  "That",     "The",   "Their",   "Then",    "There",   "Therefore",
     "These", "They",    "This",        "Those", "Though",   "Thus",  "To",      "Today",   "Un",      "Und",
     "Une",   "Until",   "We",          "What",  "When",     "Where", "Whether", "Which",   "While",   "Who",
     "Why",   "Wir",     "With",        "Yet",   "You",      "Your"});

constexpr auto ordinal_words =
    std::to_array<std::string_view>({"April", "August", "Dezember", "Februar", "Jahrhundert", "Januar", "Juli", "Juni",
                                     "Kapitel", "Klasse", "Mai", "M\u00e4rz", "November", "Oktober", "September"});

constexpr bool before(const known_abbreviation& a, const known_abbreviation& b) {
  return a.word < b.word;
}
// Found by halving, so they have to stay in order.
static_assert(std::is_sorted(abbreviations.begin(), abbreviations.end(), before));
static_assert(std::is_sorted(first_words.begin(), first_words.end()));

} // namespace

abbreviation find_abbreviation(std::string_view word) noexcept {
  const auto at = std::lower_bound(abbreviations.begin(), abbreviations.end(), known_abbreviation{word, {}}, before);
  return at != abbreviations.end() && at->word == word ? at->meaning : abbreviation::none;
}

bool often_begins_sentence(std::string_view word) noexcept {
  return std::binary_search(first_words.begin(), first_words.end(), word);
}

bool follows_ordinal(std::string_view word) noexcept {
  return std::find(ordinal_words.begin(), ordinal_words.end(), word) != ordinal_words.end();
}

} // namespace weft
