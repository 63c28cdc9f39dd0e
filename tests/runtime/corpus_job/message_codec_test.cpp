#include "runtime/corpus_job/message_codec.hpp"
#include "tests/runtime/corpus/random_checkpoints.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

using namespace weft;
using namespace weft::test;

namespace {

group_worker random_worker(random_source& draw) {
  return {node_id{draw.below(5)}, boot_epoch{draw.below(3)}, draw.below(2)};
}

item_gaps random_gaps(random_source& draw) {
  std::vector<item_run> runs;
  uint64_t next = 0;
  for (uint32_t i = draw.below(5); i > 0; --i) {
    runs.push_back({next + 1 + draw.below(9), 1 + draw.below(4)});
    next = runs.back().first + runs.back().count;
  }
  auto gaps = item_gaps::of(std::move(runs), next + draw.below(100));
  REQUIRE(gaps);
  return std::move(*gaps);
}

corpus_load random_load(random_source& draw) {
  corpus_load out;
  out.options.clusters = draw.below(50);
  out.options.seed = draw.next();
  for (uint32_t i = 1 + draw.below(5); i > 0; --i)
    out.ranks.push_back(random_worker(draw));
  std::sort(out.ranks.begin(), out.ranks.end());
  out.ranks.erase(std::unique(out.ranks.begin(), out.ranks.end()), out.ranks.end());
  uint32_t segment = 0, number = 0;
  for (uint32_t i = draw.below(20); i > 0; --i) {
    segment += 1 + draw.below(3);
    number += draw.below(30);
    out.share.push_back({segment, number, 1 + draw.below(256), draw.next()});
    number += out.share.back().items;
  }
  out.roster = draw.next();
  out.items = number + draw.below(10);
  out.job_items = out.items + draw.below(10);
  if (draw.chance(0.5))
    out.from = draw.chance(0.5) ? attached_kind::checkpoint_a : attached_kind::checkpoint_b;
  return out;
}

corpus_order random_order(random_source& draw) {
  corpus_order out{.job = {draw.next(), draw.next()},
                   .number = draw.next(),
                   .epoch = draw.below(1'000),
                   .coordinator = random_worker(draw),
                   .wish = static_cast<corpus_wish>(draw.below(4))};
  if (out.wish == corpus_wish::load)
    out.load = random_load(draw);
  if (out.wish == corpus_wish::run && draw.chance(0.5))
    out.keep = corpus_keep{static_cast<attached_kind>(draw.below(3)), generation_of(out.epoch, draw.below(9)),
                           random_gaps(draw), "version 3", numeric_class::fp16};
  return out;
}

corpus_report random_report(random_source& draw) {
  corpus_report out{.job = {draw.next(), draw.next()},
                    .number = draw.next(),
                    .worker = random_worker(draw),
                    .epoch = draw.below(1'000),
                    .stage = static_cast<corpus_stage>(draw.below(8)),
                    .roster = draw.next(),
                    .progress = {static_cast<corpus_step>(draw.below(7)), draw.below(30), draw.below(30)},
                    .result_hash = draw.next(),
                    .kept = draw.next(),
                    .keep_failed = draw.next()};
  if (out.stage == corpus_stage::loaded)
    out.loaded = loaded_share{{{3, 1}, {9, 2}}, "version 3", 384, numeric_class::int16};
  if (out.stage == corpus_stage::failed)
    out.why = corpus_break{errc::engine_failed, "the device is gone"};
  return out;
}

/// Each byte changed and each length: read as it is written, or refused with a reason.
template <class Message>
void check_damage(const std::string& bytes, const std::function<result<Message>(std::string_view)>& decode,
                  errc refused) {
  const auto check_one = [&](const std::string& changed) {
    const auto read = decode(changed);
    if (read) {
      CHECK(encode(*read) == changed);
    } else {
      CHECK(read.error().code == refused);
      CHECK(!read.error().message.empty());
    }
  };
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      auto changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      check_one(changed);
    }
    check_one(bytes.substr(0, at));
  }
  check_one(bytes + 'x');
}

} // namespace

TEST_CASE("orders and reports are read as they were written") {
  random_source draw(1);
  for (int i = 0; i < 300; ++i) {
    const auto order = random_order(draw);
    const auto read_order = decode_corpus_order(encode(order));
    REQUIRE(read_order);
    CHECK(*read_order == order);
    const auto report = random_report(draw);
    const auto read_report = decode_corpus_report(encode(report));
    REQUIRE(read_report);
    CHECK(*read_report == report);
  }
}

TEST_CASE("changed and cut messages are refused, or are other messages with exactly these bytes") {
  random_source draw(2);
  for (int i = 0; i < 30; ++i) {
    check_damage<corpus_order>(encode(random_order(draw)), decode_corpus_order, errc::invalid_argument);
    check_damage<corpus_report>(encode(random_report(draw)), decode_corpus_report, errc::invalid_argument);
  }
}

TEST_CASE("a message of another kind or of another version is refused, and says why") {
  random_source draw(3);
  auto order = encode(random_order(draw));
  CHECK(!decode_corpus_report(order));
  for (const char version : {1, 9}) { // the one before this one's, and a later one
    order[0] = version;
    const auto read = decode_corpus_order(order);
    REQUIRE(!read);
    CHECK(read.error().message.find("has version " + std::to_string(version)) != std::string::npos);
  }
}

TEST_CASE("a reason that is too long is cut, not refused") {
  corpus_report report;
  report.stage = corpus_stage::failed;
  report.why = corpus_break{errc::internal, std::string(5'000, 'y')};
  const auto read = decode_corpus_report(encode(report));
  REQUIRE(read);
  CHECK(read->why->message == std::string(corpus_message_bytes_max, 'y'));
}

TEST_CASE("outcomes and kept checkpoints are read as they were written, and damage is found") {
  random_checkpoints some(4);
  for (int i = 0; i < 12; ++i) {
    corpus_outcome outcome;
    outcome.result = some.outcome();
    outcome.model_version = "version 3";
    const uint64_t items = outcome.result->facts.items;
    auto gaps = item_gaps::of({{items / 2, 3}}, items + 3);
    REQUIRE(gaps);
    outcome.gaps = std::move(*gaps);
    const auto read = decode_corpus_outcome(encode(outcome));
    REQUIRE(read);
    CHECK(*read == outcome);
    check_damage<corpus_outcome>(encode(outcome), decode_corpus_outcome, errc::state_damaged);

    const kept_checkpoint kept{some.draw().next(), some.checkpoint()};
    const auto again = decode_kept_checkpoint(encode(kept));
    REQUIRE(again);
    CHECK(*again == kept);
    check_damage<kept_checkpoint>(encode(kept), decode_kept_checkpoint, errc::state_damaged);
  }
}

TEST_CASE("an outcome without a result has a reason, one with a result the job's items") {
  corpus_outcome failed{std::nullopt, errc::empty_call, "no item has a vector", {}, ""};
  const auto read = decode_corpus_outcome(encode(failed));
  REQUIRE(read);
  CHECK(*read == failed);
  random_checkpoints some(5);
  corpus_outcome outcome;
  outcome.result = some.outcome(); // its gaps are of a job without items
  CHECK(!decode_corpus_outcome(encode(outcome)));
}
