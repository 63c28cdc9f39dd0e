#include "runtime/corpus_job/message_codec.hpp"
#include "runtime/corpus_job/standing_codec.hpp"

#include <doctest/doctest.h>

using namespace weft;

TEST_CASE("a question about a corpus is read as it was asked, and no other message is taken for one") {
  const job_id job{7, 8};
  const auto bytes = encode_standing_question(job);
  CHECK(decode_standing_question(bytes) == job);
  CHECK(!decode_corpus_order(bytes)); // of a release that does not know it: an error, nothing else
  CHECK(!decode_standing_question(encode(corpus_order{.job = job})));
  CHECK(!decode_standing_question(encode(std::optional<corpus_standing>{})));
  for (size_t size = 0; size < bytes.size(); ++size)
    CHECK(!decode_standing_question(bytes.substr(0, size)));
  CHECK(!decode_standing_question(bytes + "x"));
}

TEST_CASE("how far a corpus is comes as it was told, or is refused") {
  const std::optional<corpus_standing> told{corpus_standing{.phase = "running",
                                                            .epoch = 12,
                                                            .ranks = 3,
                                                            .step = "iterations",
                                                            .iteration = 4,
                                                            .last_break = "unavailable: a node has gone"}};
  for (const auto& standing : {told, std::optional<corpus_standing>{}}) {
    const auto bytes = encode(standing);
    const auto read = decode_corpus_standing(bytes);
    REQUIRE(read);
    CHECK(*read == standing);
    for (size_t size = 0; size < bytes.size(); ++size) {
      const auto cut = decode_corpus_standing(bytes.substr(0, size));
      REQUIRE(!cut);
      CHECK(cut.error().code == errc::invalid_argument);
    }
    CHECK(!decode_corpus_standing(bytes + "x"));
  }
  auto wordy = told;
  wordy->last_break.assign(100'000, 'x');
  const auto read = decode_corpus_standing(encode(wordy)); // cut, not refused
  REQUIRE(read);
  CHECK((*read)->last_break.size() < 10'000);
}
