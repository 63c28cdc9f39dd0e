#include "runtime/jobs/execution_core.hpp"
#include "tests/runtime/jobs/execution_bench.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace weft;
using namespace std::chrono_literals;

TEST_CASE("at most runs_max run, some more are read ahead, and one that ends is followed at once") {
  execution_bench it{{.runs_max = 2, .read_ahead = 3}};
  for (uint32_t index = 0; index < 20; ++index)
    it.offer(1, index);
  it.act();
  CHECK(it.runs.size() == 2);
  CHECK(it.core.running() == 2);
  CHECK(it.reads == 5);
  CHECK(it.core.waiting() == 15);
  it.end_run(it.runs[0], always_works);
  it.act();
  CHECK(it.runs.size() == 3);
  CHECK(it.reads == 6);
  CHECK(it.finished.size() == 1);
}

TEST_CASE("a small job is done in turn with a huge one, a more urgent one first") {
  execution_bench it{{.runs_max = 1, .read_ahead = 0}};
  for (uint32_t index = 0; index < 5; ++index)
    it.offer(1, index);
  it.offer(2, 0);
  it.offer(3, 0, priority::high);
  it.work_off(always_works);
  CHECK(names_of(it.finished) == std::vector<std::string>{"3.0", "1.0", "2.0", "1.1", "1.2", "1.3", "1.4"});
}

TEST_CASE("what is withdrawn is neither run nor finished, and its run is cancelled") {
  execution_bench it{{.runs_max = 1, .read_ahead = 1}};
  for (uint32_t index = 0; index < 4; ++index)
    it.offer(1, index);
  it.offer(2, 0);
  it.act();
  const auto running = it.runs.at(0);
  it.core.withdraw({{1, 1}, 0});
  it.core.withdraw({{1, 1}, 3});
  it.act();
  CHECK(it.stopped.contains(running.run));
  CHECK(!it.core.knows({{1, 1}, 3}));
  it.end_run(running, always_works); // late
  it.runs.erase(it.runs.begin());
  it.core.withdraw_job({2, 2});
  it.work_off(always_works);
  CHECK(names_of(it.finished) == std::vector<std::string>{"1.1", "1.2"});
  CHECK(it.core.waiting() == 0);
  CHECK(it.core.running() == 0);
}

TEST_CASE("while frozen nothing that is taken over starts; what it owns does, and later the rest") {
  execution_bench it;
  it.core.freeze(true);
  it.offer(1, 0, priority::normal, true);
  it.offer(1, 1);
  it.work_off(always_works);
  CHECK(names_of(it.finished) == std::vector<std::string>{"1.1"});
  it.core.freeze(false);
  it.work_off(always_works);
  REQUIRE(it.finished.size() == 2);
  CHECK(it.finished[1].taken_over);
}

TEST_CASE(
    "a dead node's segments do not wait for what was read ahead, and what is owned does not wait for all of them") {
  execution_bench it{{.runs_max = 2, .read_ahead = 4}};
  for (uint32_t index = 0; index < 10; ++index)
    it.offer(1, index);
  it.act();
  for (uint32_t index = 10; index < 16; ++index)
    it.offer(1, index, priority::normal, true);
  it.act();
  CHECK(it.core.takeovers() == 1); // beside both places, which are taken
  REQUIRE(it.runs.size() == 3);
  CHECK(it.runs[2].work->texts[0] == "1.10");
  it.end_run(it.runs[0], always_works);
  it.act();
  CHECK(it.core.running() == 2);
  it.end_run(it.runs[1], always_works);
  it.act();
  CHECK(it.core.takeovers() == 1); // one at a time
  CHECK(it.runs[3].work->texts[0] == "1.2");
  it.runs.erase(it.runs.begin(), it.runs.begin() + 2);
  it.work_off(always_works);
  CHECK(it.finished.size() == 16);
  CHECK(it.core.takeovers() == 6);
}

TEST_CASE("a long segment runs in pieces, and another one's piece comes in between") {
  execution_bench it{{.runs_max = 1, .run_bytes_max = 100, .read_ahead = 1}};
  it.set_texts(1, 0, std::vector<std::string>(10, std::string(40, 'x')));
  it.offer(1, 0);
  it.act();
  REQUIRE(it.runs.size() == 1);
  CHECK(it.runs[0].items == std::vector<uint32_t>{0, 1});
  it.offer(2, 0, priority::high);
  it.act();
  it.end_run(it.runs[0], always_works);
  it.act();
  REQUIRE(it.runs.size() == 2);
  CHECK(it.runs[1].work->texts.size() == 1); // the urgent one
  it.runs.erase(it.runs.begin());
  it.work_off(always_works);
  CHECK(names_of(it.finished) == std::vector<std::string>{"2.0", "1.0"});
  CHECK(it.finished[1].results.items.size() == 10);
  CHECK(it.runs_done == 6);
}

TEST_CASE("a text that no engine takes fails its item only, at once") {
  execution_bench it;
  it.core.set_members({node_id{2}, node_id{3}});
  it.set_texts(1, 2, texts(100, "bad", 17));
  it.offer(1, 2);
  it.work_off([](node_id, const std::string& text) { return text == "bad" ? errc::invalid_utf8 : errc::none; });
  REQUIRE(it.finished.size() == 1);
  const auto& results = it.finished[0].results;
  REQUIRE(results.items.size() == 100);
  for (size_t i = 0; i < 100; ++i)
    CHECK(results.items[i].failed() == (i == 17));
  CHECK(results.items[17].code == errc::invalid_utf8);
  CHECK(results.items[17].message == "text 37 is bad");
  CHECK(it.asked.empty());
  CHECK(it.runs_done == 2);
}
