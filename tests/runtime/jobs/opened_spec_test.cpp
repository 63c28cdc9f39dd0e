#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/corpus_job/corpus_terms.hpp"
#include "runtime/jobs/opened_spec.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace std::chrono_literals;

namespace {

job_opening opening() {
  return {.tenant = "t", .request_id = "r"};
}

jobs_options options(bool single_node = false) {
  jobs_options out;
  out.region = "local";
  out.models = {"mini", "maxi"};
  out.single_node = single_node;
  return out;
}

constexpr wall_time now{1'000'000ms};

} // namespace

TEST_CASE("what the client leaves open is the node's default") {
  const auto spec = spec_of(opening(), options(), now);
  REQUIRE(spec);
  CHECK(spec->operation == "embed");
  CHECK(spec->model == "mini");
  CHECK(spec->durability == job_durability{.copies = 3, .synced = 2});
  CHECK(spec->created == now);
  CHECK(spec->expires == now + 168h);
  CHECK(spec->retention == 24h);
  CHECK(spec->home_region == "local");
}

TEST_CASE("a job that is opened with parameters of compress has them, and is one of compress") {
  auto what = opening();
  what.options.compress = "v1 ratio=8";
  const auto spec = spec_of(what, options(), now);
  REQUIRE(spec);
  CHECK(spec->operation == "compress");
  CHECK(spec->options == what.options);
}

TEST_CASE("durability is 1 where the configuration says single node, and only there") {
  struct row {
    std::optional<uint32_t> asked;
    bool single;
    std::optional<job_durability> want;
  };
  for (const auto& [asked, single, want] : {row{{}, true, job_durability{1, 1}},
                                            {1, true, job_durability{1, 1}},
                                            {2, true, {}},
                                            {0, false, {}},
                                            {1, false, {}},
                                            {2, false, job_durability{3, 2}},
                                            {3, false, job_durability{3, 3}},
                                            {4, false, {}}}) {
    CAPTURE(single);
    auto what = opening();
    what.synced = asked;
    const auto spec = spec_of(what, options(single), now);
    REQUIRE(static_cast<bool>(spec) == want.has_value());
    if (spec)
      CHECK(spec->durability == *want);
    else
      CHECK(spec.error().code == errc::invalid_argument);
    if (asked == 1u && !single) // the key as it is in the configuration
      CHECK(spec.error().message.find("only where cluster.single_node says") != std::string::npos);
    if (asked == 2u && single)
      CHECK(spec.error().message.starts_with("cluster.single_node says"));
  }
}

TEST_CASE("what is not allowed is refused with its reason") {
  struct row {
    void (*change)(job_opening&);
    errc want;
  };
  for (const auto& [change, want] :
       {row{[](job_opening& o) { o.request_id = ""; }, errc::invalid_argument},
        {[](job_opening& o) { o.request_id = std::string(129, 'x'); }, errc::invalid_argument},
        {[](job_opening& o) { o.request_id = std::string(128, 'x'); }, errc::none},
        {[](job_opening& o) { o.model = "other"; }, errc::unknown_model},
        {[](job_opening& o) { o.model = "maxi"; }, errc::none},
        {[](job_opening& o) { o.retention = 0ms; }, errc::invalid_argument},
        {[](job_opening& o) { o.retention = 59'999ms; }, errc::invalid_argument},
        {[](job_opening& o) { o.retention = 1min; }, errc::none},
        {[](job_opening& o) { o.retention = 24h * 31; }, errc::invalid_argument},
        {[](job_opening& o) { o.expires_in = 24h * 31; }, errc::invalid_argument},
        {[](job_opening& o) { o.expires_in = -1ms; }, errc::invalid_argument}}) {
    auto what = opening();
    change(what);
    const auto spec = spec_of(what, options(), now);
    CHECK((spec ? errc::none : spec.error().code) == want);
  }
}

TEST_CASE("a job that asks something of its items together is a corpus job that embeds them") {
  auto what = opening();
  const corpus_options asked{.clusters = 7, .extract_tokens = 100};
  what.corpus = encode(asked);
  what.precision = numeric_class::bf16;
  const auto spec = spec_of(what, options(), now);
  REQUIRE(spec);
  CHECK(spec->operation == "corpus");
  CHECK(spec->options == what.options);
  const auto kept = decode_corpus_terms(spec->corpus);
  REQUIRE(kept);
  CHECK(*kept == corpus_terms{asked, numeric_class::bf16});
  what.options.normalize = false;
  CHECK(spec_of(what, options(), now).error().code == errc::invalid_argument);
  what.options.normalize = true;
  what.options.compress = "v1 ratio=8";
  CHECK(spec_of(what, options(), now).error().code == errc::invalid_argument);
  what.options.compress = "";
  what.corpus = "?";
  CHECK(spec_of(what, options(), now).error().code == errc::invalid_argument);
}

TEST_CASE("a corpus is refused where no class is known that all its vectors would have, other jobs are not") {
  auto what = opening();
  CHECK(spec_of(what, options(), now));
  what.corpus = encode(corpus_options{});
  const auto spec = spec_of(what, options(), now);
  REQUIRE_FALSE(spec);
  CHECK(spec.error().code == errc::model_loading);
  CHECK(spec.error().retry_after == 1'000ms);
  CHECK(spec.error().message.find("submit the corpus again") != std::string::npos);
  what.model = "another"; // which no waiting opens
  CHECK(spec_of(what, options(), now).error().code == errc::unknown_model);
}
