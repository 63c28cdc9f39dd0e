#include "runtime/compress/document/document_editor.hpp"
#include "runtime/compress/text/characters.hpp"
#include "tests/runtime/compress/document/texts.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace weft;
using namespace weft::test;

namespace {

/// A text that can give the chunks that an editor asks for.
struct kept_text {
  explicit kept_text(std::string of) : text(std::move(of)), list(list_of(text)) {}
  std::string_view chunk(size_t place) const {
    size_t at = 0;
    for (size_t i = 0; i < place; ++i)
      at += list.chunks[i].bytes;
    return std::string_view{text}.substr(at, list.chunks[place].bytes);
  }
  std::string text;
  document_list list;
};

struct edit_outcome {
  document_list list;
  size_t chunks_asked = 0;
};

edit_outcome apply(const kept_text& old, document_edit::span span, std::string_view added) {
  document_editor editor(old.list, span, added);
  edit_outcome out;
  while (!editor.needed().empty()) {
    CHECK(editor.needed().size() <= 64);
    out.chunks_asked += editor.needed().size();
    std::vector<std::string_view> chunks;
    for (const auto place : editor.needed())
      chunks.push_back(old.chunk(place));
    REQUIRE(editor.give(chunks));
  }
  out.list = editor.list();
  for (size_t i = editor.first_cut(); i < editor.last_cut(); ++i)
    CHECK(chunk_id_of(editor.bytes_of_cut(i)) == out.list.chunks[i].id);
  return out;
}

size_t character_at_or_before(std::string_view text, size_t at) {
  while (at < text.size() && at > 0 && is_continuation(text[at]))
    --at;
  return at;
}

} // namespace

TEST_CASE("an edited list is that of the edited text, whatever is edited") {
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    random_source chance{seed};
    const auto how = looks[chance.below(6)];
    CAPTURE(static_cast<int>(how));
    const kept_text old{random_text(chance, how, chance.below(chance.chance(0.3) ? 6'000 : 400'000))};
    const auto size = static_cast<uint32_t>(old.text.size());
    auto begin = character_at_or_before(old.text, chance.chance(0.2) ? size : chance.below(size + 1));
    if (chance.chance(0.3) && !old.list.chunks.empty()) { // where a chunk begins
      begin = 0;
      for (size_t i = chance.below(static_cast<uint32_t>(old.list.chunks.size())); i > 0; --i)
        begin += old.list.chunks[i - 1].bytes;
    }
    const auto most = chance.chance(0.5) ? 200u : size + 1;
    const auto end = character_at_or_before(old.text, std::min<size_t>(size, begin + chance.below(most)));
    const auto added = random_text(chance, looks[chance.below(6)], chance.below(chance.chance(0.7) ? 300 : 200'000));
    const auto edited = old.text.substr(0, begin) + added + old.text.substr(std::max(begin, end));
    const auto outcome = apply(old, {begin, std::max(begin, end)}, added);
    CHECK(outcome.list == list_of(edited));
  }
}

TEST_CASE("only the chunks around an edit are asked for") {
  random_source chance{7};
  const kept_text old{random_text(chance, look::prose, 4'000'000)};
  for (const uint64_t at : {0, 1'000'000, 3'999'000, 4'000'000}) {
    CAPTURE(at);
    const auto outcome = apply(old, {at, at}, "A new sentence. ");
    CHECK(outcome.chunks_asked <= 16);
  }
  const auto outcome = apply(old, {500'000, 3'500'000}, "Shorter."); // what goes is not read
  CHECK(outcome.chunks_asked <= 16);
}

TEST_CASE("many appended pieces make the document that their text makes at once") {
  random_source chance{8};
  kept_text document{""};
  for (int i = 0; i < 60; ++i) {
    const auto piece = random_text(chance, look::prose, chance.below(8'000));
    const auto size = static_cast<uint64_t>(document.text.size());
    const auto outcome = apply(document, {size, size}, piece);
    document = kept_text{document.text + piece};
    CHECK(handle_of(outcome.list) == handle_of(document.list));
    CHECK(outcome.chunks_asked <= 3);
  }
}

TEST_CASE("a span that cuts a character is refused, at either end") {
  const kept_text old{"ab\u20ACcd"};
  for (const auto& [span, good] : {std::pair{document_edit::span{2, 5}, true},
                                   {{3, 5}, false},
                                   {{4, 4}, false},
                                   {{2, 4}, false},
                                   {{0, 3}, false},
                                   {{0, 7}, true},
                                   {{7, 7}, true}}) {
    CAPTURE(span.begin);
    CAPTURE(span.end);
    document_editor editor(old.list, span, "");
    REQUIRE(editor.needed() == std::vector<size_t>{0});
    const auto given = editor.give({old.chunk(0)});
    CHECK(static_cast<bool>(given) == good);
    if (!given)
      CHECK(given.error().code == errc::invalid_argument);
  }
}
