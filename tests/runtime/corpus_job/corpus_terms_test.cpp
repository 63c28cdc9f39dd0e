#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/corpus_job/corpus_terms.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace weft;

namespace {

const corpus_options asked{.clusters = 7, .extract_tokens = 100};

} // namespace

TEST_CASE("the terms of a corpus come back as they were, with each numeric class") {
  for (const auto precision : numeric_classes) {
    const corpus_terms terms{asked, precision};
    const auto again = decode_corpus_terms(encode(terms));
    REQUIRE(again);
    CHECK(*again == terms);
  }
}

TEST_CASE("terms that are cut, changed or of another version are refused; the former ones, options alone, by version") {
  const auto bytes = encode(corpus_terms{asked, numeric_class::bf16});
  for (size_t length = 0; length < bytes.size(); ++length)
    CHECK_FALSE(decode_corpus_terms(std::string_view{bytes}.substr(0, length)));
  CHECK_FALSE(decode_corpus_terms(bytes + "x"));
  for (size_t at = 0; at < bytes.size(); ++at) {
    auto changed = bytes;
    changed[at] ^= 0x41;
    const auto read = decode_corpus_terms(changed);
    CHECK((!read || encode(*read) == changed));
  }
  auto former = encode(asked);
  former[0] = 1;
  const auto read = decode_corpus_terms(former);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == errc::state_damaged);
  CHECK(read.error().message.find("has version 1; this release reads version 2") != std::string::npos);
}

TEST_CASE("what is asked of a corpus is the same in whichever class") {
  const auto one = encode(corpus_terms{asked, numeric_class::bf16});
  CHECK(ask_the_same(one, encode(corpus_terms{asked, numeric_class::fp32})));
  CHECK_FALSE(ask_the_same(one, encode(corpus_terms{{.clusters = 8}, numeric_class::bf16})));
  CHECK_FALSE(ask_the_same(one, ""));
  CHECK(ask_the_same("of another release", "of another release"));
}

TEST_CASE("a corpus job has a class, other jobs have none") {
  job_spec spec;
  CHECK_FALSE(class_of(spec));
  spec.corpus = encode(corpus_terms{asked, numeric_class::int16});
  CHECK(class_of(spec) == numeric_class::int16);
  spec.corpus = "of another release";
  CHECK_FALSE(class_of(spec));
}
