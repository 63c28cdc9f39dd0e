#include "runtime/base/random_source.hpp"
#include "runtime/compress/output.hpp"
#include "runtime/compress/parameters.hpp"
#include "runtime/compress/policy.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <set>

using namespace weft;

namespace {

compress_parameters of_ratio(double ratio) {
  compress_parameters out;
  out.ratio = ratio;
  return out;
}

std::string some_bytes(random_source& random, uint32_t size) {
  std::string out;
  for (uint32_t i = 0; i < size; ++i)
    out += static_cast<char>(random.below(256));
  return out;
}

compress_parameters random_parameters(random_source& random) {
  compress_parameters out;
  if (random.chance(0.5))
    out.ratio = 2 + 30 * random.unit();
  else
    out.tokens = 1 + random.below(100'000);
  out.strategy = static_cast<compress_strategy>(random.below(compress_strategy_count));
  out.counter = static_cast<counter_kind>(random.below(counter_kind_count));
  out.query = some_bytes(random, random.below(40));
  for (uint8_t kind = 0; kind < keep_kind_count; ++kind)
    if (random.chance(0.4))
      out.keep.push_back(static_cast<keep_kind>(kind));
  for (auto left = random.below(4); left > 0; --left)
    out.patterns.push_back(some_bytes(random, 1 + random.below(20)));
  out.extract = random.chance(0.5);
  out.mega_tokens = random.below(mega_tokens_max + 1);
  if (random.chance(0.5))
    out = resolve(std::move(out), default_policy());
  return out;
}

} // namespace

TEST_CASE("parameters that contradict each other or pass a limit are refused by the field's name") {
  struct row {
    const char* field;
    std::function<void(compress_parameters&)> change;
  };
  const row rows[] = {
      {"ratio", [](auto& p) { p.ratio.reset(); }},
      {"ratio", [](auto& p) { p.tokens = 100; }},
      {"ratio", [](auto& p) { p.ratio = 1; }},
      {"ratio", [](auto& p) { p.ratio = 1.999; }},
      {"ratio", [](auto& p) { p.ratio = 1'000; }},
      {"ratio", [](auto& p) { p.ratio = std::nan(""); }},
      {"ratio", [](auto& p) { p.ratio = std::numeric_limits<double>::infinity(); }},
      {"tokens", [](auto& p) { p.ratio.reset(), p.tokens = 0; }},
      {"strategy", [](auto& p) { p.strategy = static_cast<compress_strategy>(77); }},
      {"counter", [](auto& p) { p.counter = static_cast<counter_kind>(77); }},
      {"query", [](auto& p) { p.query.assign(compress_query_bytes_max + 1, 'x'); }},
      {"keep",
       [](auto& p) {
         p.keep = {keep_kind::names, keep_kind::numbers};
       }},
      {"keep",
       [](auto& p) {
         p.keep = {keep_kind::names, keep_kind::names};
       }},
      {"keep", [](auto& p) { p.keep = {static_cast<keep_kind>(9)}; }},
      {"patterns",
       [](auto& p) {
         p.patterns = {"a", ""};
       }},
      {"patterns", [](auto& p) { p.patterns.assign(compress_patterns_max + 1, "a"); }},
      {"patterns", [](auto& p) { p.patterns.assign(2, std::string(compress_patterns_bytes_max / 2 + 1, 'a')); }},
      {"mega_tokens", [](auto& p) { p.mega_tokens = mega_tokens_max + 1; }},
      {"policy", [](auto& p) { p.policy = "v1;prose=magic"; }},
      {"policy", [](auto& p) { p.policy = "v1"; }},
      {"policy",
       [](auto& p) { p.policy = canonical_form(default_policy()), p.strategy = compress_strategy::frequency; }},
  };
  for (const auto& [field, change] : rows) {
    auto wanted = of_ratio(8);
    REQUIRE(check(wanted));
    change(wanted);
    CAPTURE(field);
    const auto found = check(wanted);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == errc::invalid_argument);
    CHECK(found.error().message.starts_with(field));
    REQUIRE(found.error().metadata.size() == 1);
    CHECK(found.error().metadata[0].second == field);
  }
}

TEST_CASE("limits themselves are allowed") {
  for (const double ratio : {compress_ratio_min, compress_ratio_max, 2.5})
    CHECK(check(of_ratio(ratio)));
  auto wanted = of_ratio(4);
  wanted.query.assign(compress_query_bytes_max, 'x');
  wanted.patterns.assign(compress_patterns_max, std::string(compress_patterns_bytes_max / compress_patterns_max, 'a'));
  wanted.mega_tokens = mega_tokens_max;
  wanted.keep = {keep_kind::numbers, keep_kind::names, keep_kind::code};
  CHECK(check(wanted));
  CHECK(*parse_parameters(canonical_form(wanted)) == wanted);
}

TEST_CASE("a canonical form reads as it looks") {
  auto wanted = of_ratio(8);
  wanted.query = "who pays?";
  wanted.keep = {keep_kind::numbers, keep_kind::code};
  wanted.patterns = {"a b", ";:="};
  CHECK(canonical_form(wanted) ==
        "v2 ratio=8 strategy=auto counter=wordpiece keep=numbers,code, extract=1 mega_tokens=0 "
        "query=9:who pays? patterns=2;3:a b3:;:= policy=0:");
}

TEST_CASE("an output of another version has another identity") {
  CHECK(canonical_form(of_ratio(8)).starts_with("v" + std::to_string(compress_output_version) + " "));
}

TEST_CASE("what a job was given by the release before reads as the same parameters, in today's identity") {
  const auto back = parse_parameters("v1 ratio=8 strategy=auto counter=wordpiece keep=numbers, extract=1 mega_tokens=2 "
                                     "query=3:who patterns=1;2:a. policy=0:");
  REQUIRE(back);
  compress_parameters wanted = of_ratio(8);
  wanted.keep = {keep_kind::numbers};
  wanted.mega_tokens = 2;
  wanted.query = "who";
  wanted.patterns = {"a."};
  CHECK(*back == wanted);
  CHECK(canonical_form(*back).starts_with("v2 "));
}

TEST_CASE("any parameters come back from their canonical form, whatever bytes are in them") {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    const auto wanted = random_parameters(random);
    REQUIRE(check(wanted));
    const auto form = canonical_form(wanted);
    const auto back = parse_parameters(form);
    REQUIRE(back);
    CHECK(*back == wanted);
    CHECK(canonical_form(*back) == form);
  }
}

TEST_CASE("parameters have equal forms exactly when they are equal") {
  random_source random{7};
  std::vector<compress_parameters> all;
  std::set<std::string> forms;
  for (int i = 0; i < 300; ++i) {
    auto next = random_parameters(random);
    if (std::find(all.begin(), all.end(), next) != all.end())
      continue;
    CHECK(forms.insert(canonical_form(next)).second);
    all.push_back(std::move(next));
  }
  CHECK(canonical_form(of_ratio(8)) == canonical_form(of_ratio(8.0)));
  CHECK(canonical_form(of_ratio(8)) != canonical_form(of_ratio(std::nextafter(8.0, 9.0))));
}

TEST_CASE("a text that is not exactly a canonical form is refused, and so is every damaged one that means the same") {
  for (const std::string_view text :
       {"", "v2", "v1", "v1 ratio=8", "v3 ratio=8",
        "v0 ratio=8 strategy=auto counter=wordpiece keep= extract=1 mega_tokens=0 query=0: patterns=0; policy=0:",
        "v3 ratio=8 strategy=auto counter=wordpiece keep= extract=1 mega_tokens=0 query=0: patterns=0; policy=0:",
        "v1 ratio=08 strategy=auto counter=wordpiece keep= extract=1 mega_tokens=0 query=0: patterns=0; policy=0:",
        "v2 ratio=8.0 strategy=auto counter=wordpiece keep= extract=1 mega_tokens=0 query=0: "
        "patterns=0; policy=0:",
        "v2 ratio=8 strategy=auto counter=wordpiece keep= extract=2 mega_tokens=0 query=0: patterns=0; policy=0:",
        "v2 ratio=8 strategy=auto counter=wordpiece keep= extract=1 mega_tokens=00 query=0: patterns=0; policy=0:",
        "v2 ratio=8 strategy=auto counter=wordpiece keep= extract=1 mega_tokens=0 query=99999999999999999999: "
        "patterns=0; policy=0:",
        "v2 ratio=8 strategy=auto counter=wordpiece keep= extract=1 mega_tokens=0 query=4:abc patterns=0; policy=0:",
        "v2 ratio=8 strategy=auto counter=wordpiece keep= extract=1 mega_tokens=0 query=0: patterns=4294967295; "
        "policy=0:"}) {
    CAPTURE(text);
    const auto back = parse_parameters(text);
    REQUIRE_FALSE(back);
    CHECK(back.error().code == errc::invalid_argument);
  }
  random_source random{11};
  for (int i = 0; i < 20'000; ++i) {
    auto form = canonical_form(random_parameters(random));
    for (auto changes = 1 + random.below(3); changes > 0 && !form.empty(); --changes)
      switch (random.below(3)) {
      case 0:
        form[random.below(static_cast<uint32_t>(form.size()))] = static_cast<char>(random.below(256));
        break;
      case 1:
        form.erase(random.below(static_cast<uint32_t>(form.size())), 1 + random.below(5));
        break;
      default:
        form.insert(random.below(static_cast<uint32_t>(form.size())), some_bytes(random, 1 + random.below(4)));
      }
    // Another text may well be the form of other parameters (a changed query), and then of exactly those.
    if (const auto back = parse_parameters(form)) {
      CHECK(check(*back));
      CHECK(canonical_form(*back) == form);
    }
  }
}
