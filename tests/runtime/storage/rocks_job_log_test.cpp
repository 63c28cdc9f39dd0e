#include "runtime/storage/rocks_job_log.hpp"
#include "tests/runtime/storage/job_log_calls.hpp"
#include "tests/runtime/storage/job_log_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

TEST_CASE("what was answered is there after the log was opened again: headers, metas, bodies") {
  job_log_world w;
  const auto texts = texts_of({numbered_job(1), 0}, 3'000), results = results_of({numbered_job(1), 1}, 384);
  auto header = numbered_header(1);
  for (bool again : {false, true}) {
    CAPTURE(again);
    rocks_job_log log{w.options()};
    job_log_calls calls{log};
    const auto before = calls.load();
    REQUIRE(before);
    CHECK(!before->was_damaged);
    CHECK(before->segments.size() == (again ? 2 : 0));
    if (!again) {
      job_log_batch batch;
      batch.headers = {header};
      batch.segments = {texts, results};
      CHECK(calls.write(batch));
    }
    const auto loaded = calls.load();
    REQUIRE(loaded);
    CHECK(loaded->headers == std::vector{header});
    CHECK(loaded->segments == std::vector{texts.meta, results.meta});
    const auto found = calls.read({{numbered_job(1), 1}, {numbered_job(2), 0}, {numbered_job(1), 0}});
    REQUIRE(found);
    REQUIRE(found->size() == 3);
    CHECK((*found)[0]->meta == results.meta);
    CHECK(*(*found)[0]->body == *results.body);
    CHECK(!(*found)[1]);
    CHECK(*(*found)[2]->body == *texts.body);
  }
  CHECK(w.reports.empty());
}

TEST_CASE("a record takes the place of the one before it; dropped, removed and forgotten ones go for good") {
  job_log_world w;
  const segment_id first{numbered_job(1), 0}, second{numbered_job(1), 1}, other{numbered_job(2), 7};
  for (bool again : {false, true}) {
    CAPTURE(again);
    rocks_job_log log{w.options()};
    job_log_calls calls{log};
    REQUIRE(calls.load());
    if (!again) {
      job_log_batch batch;
      batch.headers = {numbered_header(1), numbered_header(2)};
      batch.segments = {texts_of(first, 500), texts_of(second, 500), texts_of(other, 500)};
      CHECK(calls.write(batch));
      CHECK(calls.write({results_of(first, 100), results_of(other, 100)}));
      CHECK(calls.body(first) == *results_of(first, 100).body);
      job_log_batch drop;
      drop.dropped = {second};
      CHECK(calls.write(drop));
      CHECK(calls.body(second).empty());
      job_log_batch removal;
      removal.removed = {numbered_job(1)};
      removal.forgotten = {numbered_job(2)};
      CHECK(calls.write(removal));
    }
    CHECK(calls.body(first).empty());
    CHECK(calls.body(other) == *results_of(other, 100).body);
    const auto loaded = calls.load();
    REQUIRE(loaded->headers.size() == 1); // the removed job's stays, as a tombstone
    CHECK(loaded->headers[0].id == numbered_job(1));
    REQUIRE(loaded->segments.size() == 1);
    CHECK(loaded->segments[0].id == other);
  }
}

TEST_CASE("removing a job touches no neighbor, whatever their ids") {
  job_log_world w;
  rocks_job_log log{w.options()};
  job_log_calls calls{log};
  REQUIRE(calls.load());
  const std::vector<job_id> jobs{
      {0, 0}, {0, 1}, {0, UINT64_MAX}, {1, 0}, {UINT64_MAX, UINT64_MAX - 1}, {UINT64_MAX, UINT64_MAX}};
  for (const auto& job : jobs)
    CHECK(calls.write({texts_of({job, 0}, 50), texts_of({job, 1}, 50), texts_of({job, UINT32_MAX}, 50)}));
  for (size_t i = 0; i < jobs.size(); ++i) {
    job_log_batch removal;
    removal.removed = {jobs[i]};
    CHECK(calls.write(removal));
    CHECK(calls.load()->segments.size() == (jobs.size() - 1 - i) * 3);
  }
  CHECK(log.counters().bytes == 0);
}

TEST_CASE("writes that wait together share a sync, and each is answered after it, in order") {
  job_log_world w;
  std::atomic<int> answered{0};
  std::vector<int> order;
  constexpr int writes = 500;
  {
    rocks_job_log log{w.options()};
    job_log_calls calls{log};
    REQUIRE(calls.load());
    for (int i = 0; i < writes; ++i) {
      log.write(batch_of({texts_of({numbered_job(1), static_cast<uint32_t>(i)}, 2'000)}), [&, i](const status& s) {
        answered += static_cast<bool>(s);
        order.push_back(i); // one thread answers
      });
    }
    REQUIRE(calls.load()); // in its turn after the writes
    const auto counters = log.counters();
    CHECK(counters.writes == writes);
    CHECK(counters.syncs < writes / 2);
    CHECK(counters.syncs >= 1);
    CHECK(counters.bytes_written > writes * 2'000);
  }
  CHECK(answered == writes);
  CHECK(std::ranges::is_sorted(order));
}

TEST_CASE("no group is larger than its limit, and one batch may be") {
  job_log_world w;
  auto options = w.options();
  options.group_bytes_max = 10'000;
  rocks_job_log log{options};
  job_log_calls calls{log};
  for (uint32_t i = 0; i < 40; ++i)
    log.write(batch_of({texts_of({numbered_job(1), i}, 4'000)}), [](const status& s) { CHECK(s); });
  CHECK(calls.write({texts_of({numbered_job(2), 0}, 50'000)}));
  CHECK(log.counters().syncs >= 21);
  CHECK(calls.load()->segments.size() == 41);
}

TEST_CASE("writers on several threads: everything answered is there, once") {
  job_log_world w;
  constexpr uint32_t threads = 4, each = 200;
  {
    rocks_job_log log{w.options()};
    REQUIRE(job_log_calls{log}.load());
    std::vector<std::thread> writers;
    std::atomic<int> failed{0};
    for (uint32_t t = 0; t < threads; ++t)
      writers.emplace_back([&, t] {
        job_log_calls calls{log};
        for (uint32_t i = 0; i < each; ++i)
          failed += !calls.write({texts_of({numbered_job(t), i}, 300)});
      });
    for (auto& writer : writers)
      writer.join();
    CHECK(failed == 0);
    CHECK(log.counters().syncs <= log.counters().writes);
  }
  rocks_job_log log{w.options()};
  CHECK(job_log_calls{log}.load()->segments.size() == threads * each);
}

TEST_CASE("what is written again in one group counts once, and a removal in it counts what came before") {
  job_log_world w;
  rocks_job_log log{w.options()};
  job_log_calls calls{log};
  REQUIRE(calls.load());
  const auto one = texts_of({numbered_job(1), 0}, 1'000);
  CHECK(calls.write({one}));
  const auto bytes = log.counters().bytes;
  CHECK(bytes >= one.meta.bytes);
  job_log_batch twice;
  twice.segments = {one, texts_of({numbered_job(1), 0}, 1'000, 1), one};
  CHECK(calls.write(twice));
  CHECK(log.counters().bytes == bytes);
  job_log_batch more;
  more.segments = {texts_of({numbered_job(1), 1}, 1'000), texts_of({numbered_job(2), 0}, 1'000)};
  more.removed = {numbered_job(1)};
  CHECK(calls.write(more));
  CHECK(log.counters().bytes == bytes);
  CHECK(calls.load()->segments.size() == 1);
  CHECK(log.counters().bytes == bytes); // counted anew, with the same outcome
}

TEST_CASE("over its limit a log takes no texts, but results of what it has, removals and headers") {
  job_log_world w;
  auto options = w.options();
  options.bytes_max = 100'000;
  options.result_bytes = 4'000;
  rocks_job_log log{options};
  job_log_calls calls{log};
  REQUIRE(calls.load());
  uint32_t taken = 0;
  status refused = ok;
  while (taken < 1'000 && (refused = calls.write({texts_of({numbered_job(1), taken}, 100)})))
    ++taken;
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::storage_full);
  CHECK(taken == 100'000 / (4'000 + 192)); // texts reserve what their results will take
  CHECK(log.counters().accepts_writes);    // it is not the disk
  for (uint32_t i = 0; i < taken; ++i)
    CHECK(calls.write({results_of({numbered_job(1), i}, 900)}));
  job_log_batch header;
  header.headers = {numbered_header(1)};
  CHECK(calls.write(header));
  CHECK(log.counters().bytes <= options.bytes_max);
  // A batch that does not fit is refused as a whole; the others of its group are not.
  job_log_batch large;
  for (uint32_t i = 0; i < 100; ++i)
    large.segments.push_back(texts_of({numbered_job(3), i}, 100));
  CHECK(calls.write(large).error().code == errc::storage_full);
  CHECK(calls.body({numbered_job(3), 0}).empty());
  job_log_batch removal;
  removal.removed = {numbered_job(1)};
  CHECK(calls.write(removal));
  CHECK(calls.write({texts_of({numbered_job(2), 0}, 100)}));
}

TEST_CASE("sequences never go back: not after a restart, not when the disk was lost") {
  job_log_world w;
  uint64_t last = 0;
  for (int start = 0; start < 4; ++start) {
    CAPTURE(start);
    {
      rocks_job_log log{w.options()};
      const auto next = job_log_calls{log}.load()->next_sequence;
      CHECK(next > last);
      last = next + 1'000'000; // given out, none of it written
    }
    if (start == 2) {
      std::filesystem::remove_all(w.options().path);
      w.now += 60'000; // nobody replaces a disk faster
    }
  }
}

TEST_CASE("who loads an open log again gets sequences that nobody had before, also after a restart") {
  job_log_world w;
  uint64_t last = 0;
  for (int start = 0; start < 3; ++start) {
    rocks_job_log log{w.options()};
    for (int load = 0; load < 9; ++load) { // more than a start reserves
      CAPTURE(start);
      CAPTURE(load);
      const auto next = job_log_calls{log}.load()->next_sequence;
      CHECK(next > last);
      last = next + 1'000'000; // given out, none of it written
    }
  }
}

TEST_CASE("what the log counts is told at once, also while its database is being closed") {
  job_log_world w;
  std::future<uint64_t> counted;
  std::optional<std::future_status> told;
  auto options = w.options();
  options.env = &w.env;
  rocks_job_log log{options};
  job_log_calls calls{log};
  REQUIRE(calls.load());
  CHECK(calls.write({texts_of({numbered_job(1), 0}, 1'000)}));
  const auto bytes = log.counters().bytes;
  CHECK(bytes >= 1'000);
  w.env.full = true;
  CHECK(!calls.write({texts_of({numbered_job(1), 1}, 1'000)}));
  w.env.full = false;
  w.env.at_close = [&] {
    counted = std::async(std::launch::async, [&] { return log.counters().bytes; });
    told = counted.wait_for(20s);
  };
  CHECK(calls.write({results_of({numbered_job(1), 0}, 384)})); // opens the database anew
  w.env.at_close = nullptr;
  CHECK(told == std::future_status::ready);
  CHECK(counted.get() == bytes);
}

TEST_CASE("a request beyond what may wait is refused, every one is answered, and those answered well are written") {
  job_log_world w;
  auto options = w.options();
  options.write_bytes_max = 50'000;
  options.writes_max = 8;
  std::atomic<uint32_t> written{0}, refused{0};
  {
    rocks_job_log log{options};
    CHECK(job_log_calls{log}.write({texts_of({numbered_job(9), 0}, 60'000)}).error().code == errc::overloaded);
    for (uint32_t i = 0; i < 200; ++i)
      log.write(batch_of({texts_of({numbered_job(1), i}, 5'000)}), [&](const status& s) {
        ++(s ? written : refused);
        if (!s)
          CHECK(s.error().code == errc::overloaded);
      });
  }
  CHECK(written + refused == 200);
  CHECK(written >= 1);
  rocks_job_log log{options};
  CHECK(job_log_calls{log}.load()->segments.size() == written);
}

TEST_CASE("texts give way to results while they are read: a reader has one or the other, whole") {
  job_log_world w;
  rocks_job_log log{w.options()};
  job_log_calls calls{log};
  const segment_id id{numbered_job(1), 0};
  REQUIRE(calls.write({texts_of(id, 4'000)}));
  std::atomic<bool> over{false};
  std::thread writer{[&] {
    for (uint64_t i = 0; i < 300; ++i)
      REQUIRE(job_log_calls{log}.write({i % 2 == 0 ? results_of(id, 1'000, i) : texts_of(id, 4'000, i)}));
    over = true;
  }};
  uint64_t read = 0;
  while (!over) {
    const auto found = calls.read({id});
    REQUIRE(found);
    REQUIRE((*found)[0]);
    CHECK(body_hash(*(*found)[0]->body) == (*found)[0]->meta.hash);
    ++read;
  }
  writer.join();
  CHECK(read > 0);
  CHECK(log.counters().damaged == 0);
}
