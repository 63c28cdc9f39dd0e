#include "runtime/compress/document/document_editing.hpp"
#include "runtime/compress/document/document_reading.hpp"
#include "tests/runtime/compress/document/texts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

using namespace weft;
using namespace weft::test;

namespace {

/// Three places that keep entries.
struct places {
  std::map<cache_key, stored_entry> at[entry_places];
  std::set<uint32_t> silent; ///< places that do not answer
  size_t looked = 0;
  size_t given = 0;

  entries_found answer(const entries_wanted& wanted) {
    CHECK(wanted.keys.size() <= entries_at_once);
    entries_found out{.entries = std::vector<std::optional<stored_entry>>(wanted.keys.size()), .trouble = {}};
    looked += wanted.keys.size();
    if (silent.contains(wanted.place)) {
      out.trouble = failure{errc::unavailable, "silent"};
      return out;
    }
    for (size_t i = 0; i < wanted.keys.size(); ++i)
      if (const auto found = at[wanted.place].find(wanted.keys[i]); found != at[wanted.place].end())
        out.entries[i] = found->second;
    return out;
  }
  entries_kept answer(const entries_to_keep& gift) {
    CHECK(gift.entries.size() <= entries_at_once);
    entries_kept out{.kept = std::vector<bool>(gift.entries.size()), .trouble = {}};
    if (silent.contains(gift.place)) {
      out.trouble = failure{errc::unavailable, "silent"};
      return out;
    }
    for (size_t i = 0; i < gift.entries.size(); ++i) {
      at[gift.place][gift.entries[i].key] = gift.entries[i];
      out.kept[i] = true;
    }
    given += gift.entries.size();
    return out;
  }

  template <class Run> result<document_step> drive(Run& run) {
    auto step = run.start();
    for (int i = 0; step && i < 10'000; ++i) {
      if (const auto* wanted = std::get_if<entries_wanted>(&*step))
        step = run.resume(answer(*wanted));
      else if (const auto* gift = std::get_if<entries_to_keep>(&*step))
        step = keep(run, *gift);
      else
        break;
    }
    return step;
  }
  result<document_step> keep(document_editing& run, const entries_to_keep& gift) { return run.resume(answer(gift)); }
  result<document_step> keep(document_reading&, const entries_to_keep&) {
    FAIL("reading keeps nothing");
    return failure{};
  }

  result<document_state> edit(document_edit change, const std::string& tenant = "t", uint64_t generation = 0) {
    document_editing run(std::move(change), tenant, generation, {.bytes_max = 2'000'000});
    auto step = drive(run);
    if (!step)
      return step.error();
    return std::get<document_state>(*step);
  }
  result<document_text> read(const std::string& handle, const std::string& tenant = "t", uint64_t generation = 0) {
    document_reading run(handle, tenant, generation);
    auto step = drive(run);
    if (!step)
      return step.error();
    return std::get<document_text>(*step);
  }
};

errc code_of(const auto& outcome) {
  return outcome ? errc::none : outcome.error().code;
}

} // namespace

TEST_CASE("a document is made, read, appended to and edited, and is the same as one that was made at once") {
  random_source chance{1};
  places world;
  auto text = random_text(chance, look::prose, 1'500'000);
  auto made = world.edit({.handle = {}, .replaced = {}, .text = text});
  REQUIRE(made);
  CHECK(made->bytes == text.size());
  CHECK(made->chunks_new == made->chunks);
  CHECK(**world.read(made->handle) == text);
  for (int i = 0; i < 20; ++i) {
    const auto begin = chance.below(static_cast<uint32_t>(text.size()));
    const auto added = random_text(chance, look::prose, chance.below(3'000));
    const bool append = i % 2 == 0;
    document_edit change{.handle = made->handle, .replaced = {}, .text = added};
    if (!append)
      change.replaced = document_edit::span{begin, std::min<uint64_t>(begin + 500, text.size())};
    text = append ? text + added : text.substr(0, begin) + added + text.substr(change.replaced->end);
    world.given = world.looked = 0;
    made = world.edit(std::move(change));
    REQUIRE(made);
    CHECK(made->chunks_new <= 6);
    CHECK(world.given == made->chunks_new + 1);
    CHECK(world.looked <= 24);
    CHECK(**world.read(made->handle) == text);
  }
  places other;
  CHECK(other.edit({.handle = {}, .replaced = {}, .text = text})->handle == made->handle);
}

TEST_CASE("texts that repeat themselves, tiny ones and the empty one are documents, too") {
  for (const auto& text :
       {std::string{}, std::string{"x"}, std::string(1'000'000, 'x'), std::string(65'536 * 3, 'y')}) {
    places world;
    const auto made = world.edit({.handle = {}, .replaced = {}, .text = text});
    REQUIRE(made);
    CHECK(**world.read(made->handle) == text);
    CHECK(made->chunks_new <= 2);
    const auto more = world.edit({.handle = made->handle, .replaced = {}, .text = "more"});
    REQUIRE(more);
    CHECK(**world.read(more->handle) == text + "more");
  }
}

TEST_CASE("what is known of a text is not kept again, and what is lost is") {
  random_source chance{2};
  places world;
  const auto text = random_text(chance, look::prose, 500'000);
  const document_edit all{.handle = {}, .replaced = {}, .text = text};
  const auto made = world.edit(all);
  REQUIRE(made);
  CHECK(world.edit(all)->chunks_new == 0);
  const auto list = world.at[0].begin(); // any entry
  world.at[0].erase(list);
  CHECK(code_of(world.read(made->handle)) == errc::unknown_handle);
  CHECK(world.edit(all)->chunks_new <= 1);
  CHECK(**world.read(made->handle) == text);
}

TEST_CASE("other tenants, other generations and other handles are unknown") {
  places world;
  const auto made = world.edit({.handle = {}, .replaced = {}, .text = "A text."});
  REQUIRE(made);
  CHECK(code_of(world.read(made->handle)) == errc::none);
  CHECK(code_of(world.read(made->handle, "u")) == errc::unknown_handle);
  CHECK(code_of(world.read(made->handle, "t", 1)) == errc::unknown_handle);
  CHECK(code_of(world.read(std::string(64, '0'))) == errc::unknown_handle);
  CHECK(code_of(world.edit({.handle = made->handle, .replaced = {}, .text = "x"}, "u")) == errc::unknown_handle);
}

TEST_CASE("the next place is asked where one has nothing, is silent or has something else") {
  random_source chance{3};
  places world;
  const auto text = random_text(chance, look::prose, 300'000);
  const auto made = world.edit({.handle = {}, .replaced = {}, .text = text});
  REQUIRE(made);
  SUBCASE("nothing") {
    std::swap(world.at[0], world.at[2]);
  }
  SUBCASE("silent") {
    std::swap(world.at[0], world.at[1]);
    world.silent = {0};
  }
  SUBCASE("damaged") {
    world.at[1] = world.at[0];
    for (auto& [key, entry] : world.at[0])
      entry.body.resize(entry.body.size() / 2);
  }
  SUBCASE("of another key") {
    world.at[1] = world.at[0];
    for (auto& [key, entry] : world.at[0])
      entry.body = world.at[1].begin()->second.body;
  }
  SUBCASE("of another kind") {
    world.at[1] = world.at[0];
    for (auto& [key, entry] : world.at[0])
      entry.kind += "x";
  }
  CHECK(**world.read(made->handle) == text);
}

TEST_CASE("a place that is silent is no proof that a document is gone") {
  places world;
  const auto made = world.edit({.handle = {}, .replaced = {}, .text = "A text."});
  REQUIRE(made);
  world.silent = {0};
  CHECK(code_of(world.read(made->handle)) == errc::unavailable);
}

TEST_CASE("a document goes to the next place where one does not take it, and fails where none does") {
  places world;
  world.silent = {0};
  const auto made = world.edit({.handle = {}, .replaced = {}, .text = "A text."});
  REQUIRE(made);
  CHECK(world.at[1].size() == 2);
  CHECK(**world.read(made->handle) == "A text.");
  world.silent = {0, 1, 2};
  CHECK(code_of(world.edit({.handle = {}, .replaced = {}, .text = "A text."})) == errc::unavailable);
}

TEST_CASE("edits that are wrong are refused, and say why") {
  places world;
  const auto made = world.edit({.handle = {}, .replaced = {}, .text = "ab\u20ACcd"});
  REQUIRE(made);
  using span = document_edit::span;
  const auto with = [&](std::optional<span> replaced, std::string text) {
    return code_of(world.edit({.handle = made->handle, .replaced = replaced, .text = std::move(text)}));
  };
  CHECK(with(span{0, 7}, "") == errc::none);
  CHECK(with(span{0, 8}, "") == errc::invalid_argument);
  CHECK(with(span{5, 2}, "") == errc::invalid_argument);
  CHECK(with(span{3, 5}, "") == errc::invalid_argument);
  CHECK(with(span{UINT64_MAX, UINT64_MAX}, "") == errc::invalid_argument);
  CHECK(with({}, "\xff") == errc::invalid_utf8);
  CHECK(with({}, std::string(2'000'000, 'x')) == errc::text_too_large);
  CHECK(with({}, std::string(2'000'000 - 7, 'x')) == errc::none);
  CHECK(code_of(world.edit({.handle = {}, .replaced = span{0, 1}, .text = "x"})) == errc::invalid_argument);
  const auto large = world.edit({.handle = {}, .replaced = {}, .text = std::string(2'000'001, 'x')});
  REQUIRE(code_of(large) == errc::text_too_large);
  CHECK(large.error().metadata ==
        std::vector<std::pair<std::string, std::string>>{{"limit", "2000000"}, {"bytes", "2000001"}});
}
