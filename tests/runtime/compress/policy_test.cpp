#include "runtime/compress/policy.hpp"

#include <doctest/doctest.h>

using namespace weft;

TEST_CASE("the table that holds at first has an entry for every kind and size, and comes back from its text") {
  const auto policy = default_policy();
  for (const auto& row : policy.strategies)
    for (const auto strategy : row)
      CHECK(strategy != compress_strategy::automatic);
  const auto text = canonical_form(policy);
  CHECK(text.size() <= compress_policy_bytes_max);
  const auto back = parse_policy(text);
  REQUIRE(back);
  CHECK(*back == policy);
  CHECK(canonical_form(*back) == text);
  CHECK(text.starts_with("v1;prose=semantic;prose.large=frequency;"));
}

TEST_CASE("a text beyond the limit of small ones is large") {
  auto policy = default_policy();
  policy.at(content_kind::prose, size_class::small) = compress_strategy::ensemble;
  policy.at(content_kind::prose, size_class::large) = compress_strategy::frequency;
  CHECK(policy.choose(content_kind::prose, small_text_bytes_max) == compress_strategy::ensemble);
  CHECK(policy.choose(content_kind::prose, small_text_bytes_max + 1) == compress_strategy::frequency);
}

TEST_CASE("what a person writes may leave entries out, and one for a kind holds for both sizes") {
  const auto read = parse_policy("v7;log.large=frequency;log=hierarchical;json=ensemble");
  REQUIRE(read);
  CHECK(read->number == 7);
  CHECK(read->choose(content_kind::log, 1) == compress_strategy::hierarchical);
  CHECK(read->choose(content_kind::log, 1 << 30) == compress_strategy::frequency);
  CHECK(read->choose(content_kind::json, 1) == compress_strategy::ensemble);
  CHECK(read->choose(content_kind::json, 1 << 30) == compress_strategy::ensemble);
  CHECK(read->choose(content_kind::code, 1) == default_policy().choose(content_kind::code, 1));
  CHECK(*parse_policy("v7;log=hierarchical;json=ensemble;log.large=frequency") == *read);
}

TEST_CASE("a wrong table is refused by the entry that is wrong") {
  struct row {
    std::string_view text;
    std::string_view entry;
  };
  const row rows[] = {{"", ""},
                      {"prose=semantic", "prose=semantic"},
                      {"v0", "v0"},
                      {"v01", "v01"},
                      {"v1x", "v1x"},
                      {"v99999999999", "v99999999999"},
                      {"v1;;", ""},
                      {"v1;prose", "prose"},
                      {"v1;poem=semantic", "poem=semantic"},
                      {"v1;prose.huge=semantic", "prose.huge=semantic"},
                      {"v1;prose=auto", "prose=auto"},
                      {"v1;prose=", "prose="},
                      {"v1;log=template;prose=magic", "prose=magic"},
                      {"v1;log=template;log=template", "log=template"},
                      {"v1;log.large=template;log=template;log.large=frequency", "log.large=frequency"}};
  for (const auto& [text, entry] : rows) {
    CAPTURE(text);
    const auto read = parse_policy(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == errc::invalid_argument);
    REQUIRE(read.error().metadata.size() == 1);
    CHECK(read.error().metadata[0].second == entry);
    CHECK(read.error().message.find("'" + std::string{entry} + "'") != std::string::npos);
  }
  CHECK_FALSE(parse_policy("v1;" + std::string(compress_policy_bytes_max, 'x')));
}

TEST_CASE("a version names the number and the text of a table") {
  auto policy = default_policy();
  const auto before = version_of(policy);
  CHECK(before.size() == 11);
  CHECK(before.starts_with("v1-"));
  policy.at(content_kind::log, size_class::large) = compress_strategy::frequency;
  CHECK(version_of(policy) != before);
  CHECK(version_of(default_policy()) == before);
}

TEST_CASE("parameters are resolved once, and only where the strategy is automatic") {
  compress_parameters wanted;
  wanted.ratio = 4;
  auto other = default_policy();
  other.number = 2;
  const auto resolved = resolve(wanted, default_policy());
  CHECK(resolved.policy == canonical_form(default_policy()));
  CHECK(check(resolved));
  CHECK(resolve(resolved, other) == resolved);
  CHECK(resolve(wanted, other) != resolved);
  wanted.strategy = compress_strategy::semantic;
  CHECK(resolve(wanted, other) == wanted);
}
