#include "tests/cluster/cluster_fixture.hpp"
#include "tests/cluster/job_client.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <filesystem>
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
  submitting_clients(const std::vector<std::string>& endpoints, uint32_t count) : endpoints_(endpoints) {
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
  std::atomic<bool> stopping_{false};
  std::mutex mutex_; // guards the next three
  std::condition_variable changed_;
  std::vector<promise> jobs_;
  uint64_t streams_ = 0;
  std::vector<std::thread> threads_;
};

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

TEST_CASE("kill -9 of one node after the other, under load: every acknowledged job is kept") {
  cluster_fixture nodes{long_tests() ? 5 : 3};
  submitting_clients clients{nodes.endpoints(), 2};
  REQUIRE(clients.goes_on(3));
  const int rounds = long_tests() ? 4 : 1;
  for (int round = 1; round <= rounds; ++round)
    for (size_t i = 0; i < nodes.size(); ++i) {
      CHECK(nodes[i].end(SIGKILL) == 128 + SIGKILL);
      REQUIRE(clients.goes_on(2));
      nodes[i].start();
      REQUIRE(nodes.whole());
      REQUIRE(clients.goes_on(2));
    }
  clients.stop();
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

TEST_CASE("the segments of a node that stands still are taken over; what it brings late changes nothing") {
  const auto indices = all_of(many_answers());
  cluster_fixture nodes;
  job_client client{{nodes[0].client_address(), nodes[1].client_address()}};
  const auto job = client.submit("corpus", texts_of(many_answers(), indices));
  REQUIRE_MESSAGE(job.complete, job.last.error_message());
  nodes[2].process().send_signal(SIGSTOP);
  const auto stopped = clock_type::now();
  REQUIRE(nodes.comes_true([&] { return nodes[0].sees("n3") == pb::NODE_STATE_DEAD; }));
  const auto dead = since(stopped);
  const auto end = client.wait_for_end(job.id);
  std::cout << "SIGSTOP: dead after " << dead.count() << " ms, job done after " << since(stopped).count() << " ms\n";
  CHECK(end.state() == pb::JOB_STATE_DONE);
  auto what = differs(client.results(job.id), many_answers(), indices);
  CHECK_MESSAGE(what == "", what);
  nodes[2].process().send_signal(SIGCONT);
  REQUIRE(nodes.whole());
  what = differs(job_client{{nodes[2].client_address()}}.results(job.id), many_answers(), indices);
  CHECK_MESSAGE(what == "", what);
}

TEST_CASE("a node that has lost its disk gets its records back from the others") {
  cluster_fixture nodes;
  job_client client{nodes.endpoints()};
  const auto indices = all_of(known_answers());
  const auto job = client.submit("r", texts_of(known_answers(), indices));
  REQUIRE_MESSAGE(job.complete, job.last.error_message());
  REQUIRE(client.wait_for_end(job.id).state() == pb::JOB_STATE_DONE);
  const auto kept = [&](const cluster_node& node) { return node.metric("weft_job_segments{state=\"kept\"}"); };
  REQUIRE(nodes.comes_true([&] { return kept(nodes[1]) == 4; })); // 1 000 items on three nodes: each has all
  CHECK(nodes[1].end(SIGKILL) == 128 + SIGKILL);
  std::filesystem::remove_all(std::filesystem::path{nodes[1].data_dir()} / "jobs");
  nodes[1].start();
  REQUIRE(nodes.whole());
  CHECK(nodes.comes_true([&] { return kept(nodes[1]) == 4; }));
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
