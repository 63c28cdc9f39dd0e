#include "runtime/jobs/attachment_store.hpp"
#include "runtime/jobs/corpus_finder.hpp"
#include "tests/runtime/jobs/parts_bench.hpp"

#include <doctest/doctest.h>

#include <optional>

using namespace weft;
using namespace weft::test;

namespace {

constexpr job_id job{0, 1};

/// What a node says that has the results of all segments up to `segments`, so many at a time.
job_surveyed answer_to(const survey_job& asked, uint32_t segments) {
  job_surveyed out;
  const auto end = std::min(segments, asked.first_segment + asked.segments_max);
  for (auto s = asked.first_segment; s < end; ++s) {
    segment_meta meta{.id = {job, s}, .stage = segment_stage::results};
    meta.first_item = s;
    meta.items = 1;
    out.segments.push_back(meta);
  }
  if (end < segments)
    out.next = end;
  return out;
}

} // namespace

TEST_CASE("a node that does not answer holds up one round of a survey, not each") {
  constexpr uint32_t segments = 20'000;
  parts_bench bench;
  bench.keeper.keep({parts_bench::header()}, {}, [](const status&) {});
  std::optional<result<found_corpus>> found;
  find_corpus(bench.state, bench.keeper, job, [&](result<found_corpus> it) { found = std::move(it); });
  bench.run();
  size_t asked_silent = 0, rounds = 0;
  for (size_t at = 0; at < bench.asks.size(); ++at) {
    const auto ask = bench.asks[at];
    const auto* question = std::get_if<survey_job>(&ask.request);
    if (!question)
      continue;
    if (ask.to == node_id{3}) {
      ++asked_silent;
      bench.ask_ends(at, errc::deadline_exceeded);
    } else {
      ++rounds;
      bench.state.desk.node_answered(ask.ticket, job_answer{answer_to(*question, segments)});
      bench.run();
    }
  }
  REQUIRE(found);
  REQUIRE(*found);
  CHECK((*found)->survey.segments.size() == segments);
  CHECK((*found)->survey.segments.back().holders == std::vector{node_id{2}});
  CHECK(rounds == 5);
  CHECK(asked_silent == 1);
}

TEST_CASE("nothing is attached to a job once it has ended: its outcome is not replaced in part") {
  for (const bool ends : {false, true}) {
    CAPTURE(ends);
    parts_bench bench;
    bench.keeper.keep({parts_bench::header()}, {}, [](const status&) {});
    bench.run();
    errc outcome{};
    keep_attachment(bench.state, bench.copies,
                    {job, attached_kind::outcome, generation_of(9, 1), std::string(6 * attached_part_bytes, 'x')},
                    parts_bench::note(outcome));
    bench.run();
    if (ends)
      bench.keeper.keep({parts_bench::header(job_state::done)}, {}, [](const status&) {});
    size_t written = 0;
    for (size_t write = 0, ask = 0; write < bench.writes.size() || ask < bench.asks.size();) {
      if (write < bench.writes.size()) {
        written += bench.writes[write].batch.segments.size();
        bench.write_ends(write++);
      } else {
        bench.ask_ends(ask++);
      }
    }
    CHECK(outcome == (ends ? errc::cancelled : errc::none));
    CHECK((written < 6) == ends);
  }
}
