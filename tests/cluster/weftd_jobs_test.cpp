#include "tests/cluster/cluster_fixture.hpp"
#include "tests/cluster/job_client.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <future>
#include <iostream>
#include <mutex>
#include <numeric>
#include <random>
#include <thread>

using namespace weft::test;
using namespace std::chrono_literals;
namespace pb = weft::v1;
using clock_type = std::chrono::steady_clock;

namespace {

auto since(clock_type::time_point began) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_type::now() - began);
}

/// Enough that a job of them takes seconds.
const lone_answers& many_answers() {
  static const lone_answers answers{4'000, 20261122};
  return answers;
}

std::vector<size_t> all_of(const lone_answers& answers) {
  std::vector<size_t> out(answers.size());
  std::iota(out.begin(), out.end(), 0);
  return out;
}

/// Clients that submit small jobs one after the other while a test does harm, each through any node; afterwards each
/// acknowledged job must end with one right result for each item.
class submitting_clients {
public:
  enum class pace : uint8_t {
    as_fast_as_safe, ///< the next job as soon as one is acknowledged
    as_fast_as_done, ///< when it has ended: what is kept and what waits stays small for as long as it takes
  };
  submitting_clients(const std::vector<std::string>& endpoints, uint32_t count, pace how = pace::as_fast_as_safe)
      : endpoints_(endpoints), pace_(how) {
    for (uint32_t i = 0; i < count; ++i)
      threads_.emplace_back([this, i] { run(i); });
  }
  ~submitting_clients() { stop(); }

  void stop() {
    stopping_ = true;
    for (auto& thread : threads_)
      if (thread.joinable())
        thread.join();
  }
  /// Waits until so many more jobs were acknowledged; false after a minute.
  bool goes_on(uint32_t jobs) {
    std::unique_lock hold(mutex_);
    const auto wanted = jobs_.size() + jobs;
    return changed_.wait_for(hold, 60s, [&] { return jobs_.size() >= wanted; });
  }
  /// After stop(): every promise is kept.
  void check() {
    job_client client{endpoints_};
    size_t items = 0;
    for (const auto& job : jobs_) {
      CAPTURE(job.request_id);
      const auto end = client.wait_for_end(job.id);
      CHECK(end.state() == pb::JOB_STATE_DONE);
      const auto what = differs(client.results(job.id), known_answers(), job.indices);
      CHECK_MESSAGE(what == "", what);
      // A retry is the same job.
      const auto again = client.submit(job.request_id, texts_of(known_answers(), job.indices));
      CHECK(again.id == job.id);
      items += job.indices.size();
    }
    std::cout << jobs_.size() << " jobs acknowledged (" << items << " items), " << streams_ << " streams, all kept\n";
    CHECK(jobs_.size() > 0);
  }

private:
  struct promise {
    std::string request_id;
    std::string id;
    std::vector<size_t> indices;
  };

  void run(uint32_t number) {
    job_client client{endpoints_};
    std::mt19937_64 random{number};
    for (uint32_t turn = 0; !stopping_; ++turn) {
      promise job{
          .request_id = "client-" + std::to_string(number) + "-" + std::to_string(turn), .id = {}, .indices = {}};
      for (auto count = 1 + random() % 600; count > 0; --count)
        job.indices.push_back(random() % known_answers().size());
      const auto end = client.submit(job.request_id, texts_of(known_answers(), job.indices));
      if (end.complete && pace_ == pace::as_fast_as_done)
        client.wait_for_end(end.id);
      const std::lock_guard hold(mutex_);
      streams_ += end.streams;
      if (!end.complete)
        continue;
      job.id = end.id;
      jobs_.push_back(std::move(job));
      changed_.notify_all();
    }
  }

  const std::vector<std::string> endpoints_;
  const pace pace_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_; // guards the next three
  std::condition_variable changed_;
  std::vector<promise> jobs_;
  uint64_t streams_ = 0;
  std::vector<std::thread> threads_;
};

/// Kills a node, perhaps with all its data, starts it again, and waits until all nodes have found the records of all
/// others equal to theirs, or made them so.
void kill_and_repair(cluster_fixture& nodes, size_t which, bool wiped, submitting_clients& clients) {
  auto& node = nodes[which];
  const auto others = static_cast<double>(nodes.size() - 1);
  const auto compared = [&](size_t i) { return nodes[i].metric("weft_job_nodes_compared"); };
  CHECK(node.end(SIGKILL) == 128 + SIGKILL);
  // Metrics are of a moment ago. Who compares with fewer nodes knows of the death, and what it says later is of later.
  for (size_t i = 0; i < nodes.size(); ++i)
    if (i != which)
      REQUIRE(nodes.comes_true([&] { return compared(i) < others; }));
  REQUIRE(clients.goes_on(1));
  if (wiped)
    node.lose_data({nodes[(which + 1) % nodes.size()].peer_address()});
  node.start();
  REQUIRE(nodes.whole());
  REQUIRE(clients.goes_on(1));
  REQUIRE(nodes.comes_true([&] {
    for (size_t i = 0; i < nodes.size(); ++i)
      if (compared(i) != others)
        return false;
    return true;
  }));
}

double segments(const cluster_node& node, const char* state) {
  return node.metric(std::string{"weft_job_segments{state=\""} + state + "\"}");
}

/// Segments that this node has to run.
double to_do(const cluster_node& node) {
  return segments(node, "waiting") + segments(node, "running");
}

} // namespace

TEST_CASE("a job loses nothing when a node that runs a part of it is killed half-way") {
  const auto indices = all_of(many_answers());
  cluster_fixture nodes;
  job_client client{nodes.endpoints()};
  const auto job = client.submit("corpus", texts_of(many_answers(), indices));
  REQUIRE_MESSAGE(job.complete, job.last.error_message());
  const auto half = client.wait_until(job.id, [&](const auto& it) { return it.items_done() > indices.size() / 4; });
  CHECK_FALSE(has_ended(half));
  const auto killed = clock_type::now();
  CHECK(nodes[2].end(SIGKILL) == 128 + SIGKILL);
  const auto end = client.wait_for_end(job.id);
  std::cout << "kill -9 at " << half.items_done() << " of " << indices.size() << " items; done "
            << since(killed).count() << " ms later\n";
  CHECK(end.state() == pb::JOB_STATE_DONE);
  CHECK(end.items_done() == indices.size());
  const auto what = differs(client.results(job.id), many_answers(), indices);
  CHECK_MESSAGE(what == "", what);
  CHECK(nodes[0].metric("weft_job_takeovers_total") + nodes[1].metric("weft_job_takeovers_total") > 0);
}

TEST_CASE("two nodes of five are killed, one after the other, while a job runs: it has every result") {
  const auto indices = all_of(many_answers());
  cluster_fixture nodes{5};
  job_client client{nodes.endpoints()};
  const auto job = client.submit("corpus", texts_of(many_answers(), indices));
  REQUIRE_MESSAGE(job.complete, job.last.error_message());
  auto seen = client.wait_until(job.id, [&](const auto& it) { return it.items_done() > 0; });
  std::cout << "kill -9 at " << seen.items_done();
  CHECK(nodes[4].end(SIGKILL) == 128 + SIGKILL);
  REQUIRE(nodes.others_see(nodes[4], pb::NODE_STATE_DEAD));
  seen = client.wait_until(job.id, [](const auto&) { return true; });
  CHECK_FALSE(has_ended(seen));
  CHECK(nodes[3].end(SIGKILL) == 128 + SIGKILL);
  const auto killed = clock_type::now();
  const auto end = client.wait_for_end(job.id);
  std::cout << " and at " << seen.items_done() << " of " << indices.size() << " items; done " << since(killed).count()
            << " ms later\n";
  CHECK(end.state() == pb::JOB_STATE_DONE);
  CHECK(end.items_done() == indices.size());
  for (size_t i = 0; i < 3; ++i) {
    const auto what = differs(job_client{{nodes[i].client_address()}}.results(job.id), many_answers(), indices);
    CHECK_MESSAGE(what == "", what);
  }
}

TEST_CASE("kill -9 of one node after the other, under load: every acknowledged job is kept") {
  cluster_fixture nodes{long_tests() ? 5 : 3};
  using enum submitting_clients::pace;
  submitting_clients clients{nodes.endpoints(), 2, long_tests() ? as_fast_as_done : as_fast_as_safe};
  REQUIRE(clients.goes_on(3));
  const auto each = long_tests() ? 15s : 0s;
  const auto least = long_tests() ? 5min : 0min;
  size_t kills = 0, wipes = 0;
  for (const auto began = clock_type::now(); kills < nodes.size() || since(began) < least;) {
    const auto turn = clock_type::now();
    const bool wiped = ++kills % 3 == 0;
    wipes += wiped;
    kill_and_repair(nodes, (kills - 1) % nodes.size(), wiped, clients);
    do
      REQUIRE(clients.goes_on(1));
    while (!nodes.comes_true([&] { return since(turn) >= each; }, 20ms)); // reads their logs meanwhile
  }
  clients.stop();
  std::cout << kills << " kills of " << nodes.size() << " nodes, " << wipes << " with all data of the node: ";
  clients.check();
}

TEST_CASE("a node that dies between writing, acknowledging and publishing breaks no promise") {
  for (const auto* place : {"log_written:5", "replica_kept:5", "client_told:3", "run_ended:3"}) {
    CAPTURE(place);
    std::vector<cluster_node::options> list{{.name = "n1"}, {.name = "n2"}, {.name = "n3"}};
    list[1].shell_before = std::string{"export WEFT_FAILPOINT="} + place;
    cluster_fixture nodes{list};
    submitting_clients clients{nodes.endpoints(), 2};
    CHECK(nodes[1].process().wait_exit() == 128 + SIGKILL);
    REQUIRE(clients.goes_on(3));
    clients.stop();
    clients.check();
  }
}

TEST_CASE("the segments of a node that stands still are taken over within 8 s; what it brings late changes nothing") {
  const auto indices = all_of(many_answers());
  cluster_fixture nodes;
  // While texts come, so that it has work now and would have more.
  auto submitting = std::async(std::launch::async, [&] {
    return job_client{{nodes[0].client_address()}}.submit("corpus", texts_of(many_answers(), indices));
  });
  size_t still = 0;
  REQUIRE(nodes.comes_true([&] {
    still = to_do(nodes[1]) > 0 ? 1 : 2;
    return to_do(nodes[still]) > 0;
  }));
  auto& other = nodes[still == 1 ? 2 : 1];
  nodes[still].process().send_signal(SIGSTOP);
  const auto stopped = clock_type::now();
  REQUIRE(nodes.comes_true(
      [&] { return nodes[0].metric("weft_job_takeovers_total") + other.metric("weft_job_takeovers_total") > 0; }));
  const auto taken = since(stopped);
  CHECK(taken <= 8s);
  const auto job = submitting.get();
  REQUIRE_MESSAGE(job.complete, job.last.error_message());
  job_client client{{nodes[0].client_address(), other.client_address()}};
  CHECK(client.wait_for_end(job.id).state() == pb::JOB_STATE_DONE);
  const auto done = since(stopped);
  auto what = differs(client.results(job.id), many_answers(), indices);
  CHECK_MESSAGE(what == "", what);
  if (long_tests())
    REQUIRE(nodes.comes_true([&] { return since(stopped) >= 20s; }));

  nodes[still].process().send_signal(SIGCONT);
  REQUIRE(nodes.whole());
  const auto all = std::ceil(static_cast<double>(indices.size()) / 256);
  for (size_t i = 0; i < nodes.size(); ++i) {
    // In this order: who has all results begins nothing.
    REQUIRE(nodes.comes_true([&] { return segments(nodes[i], "finished") == all; }));
    REQUIRE(nodes.comes_true([&] { return to_do(nodes[i]) == 0; }));
  }
  double computed = 0, late = 0;
  for (size_t i = 0; i < nodes.size(); ++i) {
    job_client asker{{nodes[i].client_address()}};
    const auto seen = asker.get(job.id);
    CHECK((seen && seen->state() == pb::JOB_STATE_DONE && seen->items_done() == indices.size()));
    CHECK(segments(nodes[i], "kept") == all);
    what = differs(asker.results(job.id), many_answers(), indices);
    CHECK_MESSAGE(what == "", what);
    computed += nodes[i].metric("weft_job_items_total{event=\"done\"}");
    late += nodes[i].metric("weft_job_late_results_total");
  }
  std::cout << "SIGSTOP: first takeover after " << taken.count() << " ms, job done after " << done.count() << " ms; "
            << computed << " items computed for " << indices.size() << ", late results discarded " << late
            << " times\n";
}

TEST_CASE("a node that has lost its disk gets its records back from the others") {
  cluster_fixture nodes;
  job_client client{nodes.endpoints()};
  const auto indices = all_of(known_answers());
  const auto job = client.submit("r", texts_of(known_answers(), indices));
  REQUIRE_MESSAGE(job.complete, job.last.error_message());
  REQUIRE(client.wait_for_end(job.id).state() == pb::JOB_STATE_DONE);
  REQUIRE(
      nodes.comes_true([&] { return segments(nodes[1], "kept") == 4; })); // 1 000 items on three nodes: each has all
  CHECK(nodes[1].end(SIGKILL) == 128 + SIGKILL);
  std::filesystem::remove_all(std::filesystem::path{nodes[1].data_dir()} / "jobs");
  nodes[1].start();
  REQUIRE(nodes.whole());
  CHECK(nodes.comes_true([&] { return segments(nodes[1], "kept") == 4; }));
  CHECK(nodes[0].end(SIGKILL) == 128 + SIGKILL);
  CHECK(nodes[2].end(SIGKILL) == 128 + SIGKILL);
  const auto what = differs(job_client{{nodes[1].client_address()}}.results(job.id), known_answers(), indices);
  CHECK_MESSAGE(what == "", what);
}

TEST_CASE("a rolling restart keeps every acknowledged job") {
  cluster_fixture nodes;
  submitting_clients clients{nodes.endpoints(), 2};
  REQUIRE(clients.goes_on(2));
  for (size_t i = 0; i < nodes.size(); ++i) {
    CHECK(nodes[i].end(SIGTERM) == 0);
    REQUIRE(clients.goes_on(2));
    nodes[i].start();
    REQUIRE(nodes.whole());
  }
  clients.stop();
  clients.check();
}
