#include "runtime/corpus/corpus_result.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace weft;

TEST_CASE("an option out of its range is named with its range") {
  CHECK(check(corpus_options{}));
  CHECK(check({.duplicate_group_items = group_items_least}));
  CHECK(check({.duplicate_group_items = group_items_limit}));
  for (const auto& [options, name] : std::vector<std::pair<corpus_options, std::string>>{
           {{.clusters = kmeans_clusters_max + 1}, "clusters has to be from 0 to 65536"},
           {{.iterations_max = 0}, "iterations has to be from 1 to 1000"},
           {{.iterations_max = kmeans_iterations_max + 1}, "iterations has to be from 1 to 1000"},
           {{.duplicate_similarity = similarity_one + 1}, "duplicates has to be from 0 to 10000"},
           {{.duplicate_group_items = group_items_least - 1}, "a group has to be from 16 to 65536"},
           {{.duplicate_group_items = group_items_limit + 1}, "a group has to be from 16 to 65536"},
           {{.extract_tokens = extract_tokens_max + 1}, "extract has to be from 0 to 1099511627776"}}) {
    const auto checked = check(options);
    REQUIRE(!checked);
    CHECK(checked.error().code == errc::invalid_argument);
    CHECK(checked.error().message.find(name) != std::string::npos);
  }
}

TEST_CASE("clusters are what was asked for, or the root of the items, and never more than items") {
  struct row {
    uint32_t asked;
    uint64_t items;
    uint32_t want;
  };
  for (const auto& [asked, items, want] : {row{0, 1, 1},
                                           {0, 99, 9},
                                           {0, 100, 10},
                                           {0, 4'000'000, 1'024},
                                           {7, 100, 7},
                                           {7, 5, 5},
                                           {60'000, 4'000'000, 60'000}})
    CHECK(clusters_of({.clusters = asked}, items) == want);
}

TEST_CASE("sums of more clusters than may travel are refused, and how many may is said") {
  const auto facts_of = [](uint32_t dimensions) { return corpus_facts{corpus_items_max, dimensions, 0, 0, 0}; };
  CHECK(check({.clusters = 4'096}, facts_of(4'096)));
  CHECK(check({.clusters = kmeans_clusters_max}, facts_of(256)));
  const auto refused = check({.clusters = 4'097}, facts_of(4'096));
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::invalid_argument);
  CHECK(refused.error().message.find("ask for 4096 at most") != std::string::npos);
}
