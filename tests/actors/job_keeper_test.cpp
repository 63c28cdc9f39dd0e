#include "actors/actor_tree.hpp"
#include "tests/support/fake_model.hpp"
#include "tests/support/memory_job_log.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

// Real threads and the real clock, one node. What takes time is waited for; nothing sleeps.
namespace {

constexpr node_id self{7};

/// A list that one thread fills and another waits for.
template <class T> class inbox {
public:
  void put(T value) {
    const std::lock_guard hold(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }
  T take() {
    std::unique_lock hold(mutex_);
    changed_.wait(hold, [&] { return !values_.empty(); });
    auto out = std::move(values_.front());
    values_.pop_front();
    return out;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> values_;
};

struct client final : submission_listener {
  inbox<result<job_status>> opened; ///< or why not
  inbox<result<job_status>> ended;
  std::atomic<uint64_t> durable{0};

  void on_open(const job_status& job) override { opened.put(job); }
  void on_durable(uint64_t items) override { durable = items; }
  void on_end(result<job_status> outcome) override {
    if (!outcome)
      opened.put(outcome);
    ended.put(std::move(outcome));
  }
};

struct pages final : results_listener {
  inbox<std::optional<results_page>> given; ///< nothing: the end
  std::optional<status> outcome;

  void on_page(results_page page) override { given.put(std::move(page)); }
  void on_end(status end) override {
    outcome = std::move(end);
    given.put(std::nullopt);
  }
};

struct lone_node {
  explicit lone_node(std::shared_ptr<job_records> disk = std::make_shared<job_records>(),
                     fake_device::mode mode = fake_device::mode::threads)
      : device(std::make_shared<fake_device>(mode)), log(std::make_shared<memory_job_log>(std::move(disk))),
        tree(options()) {
    cluster_view view;
    view.self = self;
    view.members.push_back({.node = self, .name = "n1", .region = "local", .condition = member_condition::serving});
    tree.set_members(std::make_shared<const cluster_view>(std::move(view)));
  }

  tree_options options() {
    tree_options out{.node_name = "n1", .version = "0.1.0"};
    out.models.push_back({"m", model_load::kept, [device = device]() -> result<model_ptr> {
                            return model_ptr{std::make_shared<fake_model>(device)};
                          }});
    out.pools.push_back({.model = "m"});
    out.jobs.self = self;
    out.jobs.core.region = "local";
    out.jobs.core.single_node = true;
    out.jobs.core.durability = {.copies = 3, .synced = 1};
    out.jobs.core.models = {"m"};
    out.jobs.log = log;
    return out;
  }

  std::shared_ptr<fake_device> device;
  std::shared_ptr<memory_job_log> log;
  actor_tree tree;
};

std::vector<std::string> numbered(size_t count) {
  std::vector<std::string> out;
  for (size_t i = 0; i < count; ++i)
    out.push_back("text " + std::to_string(i));
  return out;
}

job_id submit(lone_node& node, const std::string& request, std::vector<std::string> texts) {
  const auto jobs = node.tree.jobs();
  for (;;) {
    auto heard = std::make_shared<client>();
    auto stream = jobs->open({.tenant = "t", .request_id = request}, heard);
    const auto first = heard->opened.take();
    if (!first && first.error().code == errc::unavailable)
      continue; // its actors are not wired yet
    REQUIRE(first);
    stream->append(std::move(texts));
    stream->complete();
    REQUIRE(heard->ended.take());
    return first->header.id;
  }
}

/// The job when it has ended.
job_status wait_for_end(lone_node& node, job_id id) {
  auto news = std::make_shared<inbox<result<job_status>>>();
  const auto watch =
      node.tree.jobs()->watch({.id = id, .tenant = "t"}, 10ms, [news](auto it) { news->put(std::move(it)); });
  for (;;) {
    auto latest = news->take();
    REQUIRE(latest);
    if (is_end(latest->header.state))
      return *latest;
  }
}

std::vector<item_outcome> read_all(lone_node& node, job_id id, uint64_t from) {
  auto heard = std::make_shared<pages>();
  const auto reader = node.tree.jobs()->read({.id = id, .tenant = "t"}, from, heard);
  std::vector<item_outcome> out;
  for (;;) {
    reader->next();
    const auto page = heard->given.take();
    if (!page) {
      REQUIRE(heard->outcome);
      CHECK(*heard->outcome);
      return out;
    }
    CHECK(page->first_item == from + out.size());
    for (const auto& item : page->results->items)
      out.push_back(item);
  }
}

} // namespace

TEST_CASE("a job's items come back as one node computes them, in order, from any item on") {
  lone_node node;
  const auto texts = numbered(600);
  const auto id = submit(node, "r1", texts);
  const auto job = wait_for_end(node, id);
  CHECK(job.header.state == job_state::done);
  CHECK(job.header.progress.items_done == 600);
  CHECK(job.header.items_total == 600);
  fake_model model{node.device};
  const auto all = read_all(node, id, 0);
  REQUIRE(all.size() == 600);
  for (size_t i = 0; i < all.size(); ++i) {
    CAPTURE(i);
    REQUIRE(!all[i].failed());
    REQUIRE(all[i].value.values == model.vector(texts[i]));
  }
  CHECK(read_all(node, id, 590).size() == 10);
}

TEST_CASE("a text that cannot be embedded fails alone, with its reason") {
  lone_node node;
  auto texts = numbered(300);
  texts[17] = "bad \xFF text";
  const auto id = submit(node, "r1", texts);
  const auto job = wait_for_end(node, id);
  CHECK(job.header.state == job_state::done_with_failures);
  CHECK(job.header.progress.items_failed == 1);
  const auto all = read_all(node, id, 0);
  REQUIRE(all.size() == 300);
  CHECK(all[17].code == errc::invalid_utf8);
  CHECK_FALSE(all[16].failed());
  CHECK_FALSE(all[18].failed());
}

TEST_CASE("the same request id is the same job, also after a restart, and its results are still there") {
  auto disk = std::make_shared<job_records>();
  job_id first;
  {
    lone_node node{disk};
    first = submit(node, "r1", numbered(10));
    wait_for_end(node, first);
    CHECK(submit(node, "r1", {}) == first);
  }
  lone_node again{disk};
  CHECK(submit(again, "r1", {}) == first);
  CHECK(read_all(again, first, 0).size() == 10);
  CHECK(submit(again, "r2", numbered(1)) != first);
}

TEST_CASE("a full disk acknowledges nothing and says so; when there is space, the same request goes on") {
  lone_node node;
  submit(node, "before", numbered(1));
  node.log->full = true;
  auto heard = std::make_shared<client>();
  auto stream = node.tree.jobs()->open({.tenant = "t", .request_id = "r"}, heard);
  if (heard->opened.take()) {
    stream->append(numbered(10));
    stream->complete();
  }
  const auto end = heard->ended.take();
  REQUIRE_FALSE(end);
  CHECK(end.error().code == errc::storage_full);
  CHECK(heard->durable == 0);
  node.log->full = false;
  const auto id = submit(node, "r", numbered(10));
  CHECK(wait_for_end(node, id).header.state == job_state::done);
}

TEST_CASE("a node whose log was damaged while it ran begins with what the log has now, and takes jobs again") {
  lone_node node;
  const auto lost = submit(node, "before", numbered(1));
  wait_for_end(node, lost);
  node.log->damage();
  const auto id = submit(node, "after", numbered(10));
  CHECK(wait_for_end(node, id).header.state == job_state::done);
  CHECK(read_all(node, id, 0).size() == 10);
  std::promise<result<job_status>> answer;
  node.tree.jobs()->get({.id = lost, .tenant = "t"}, [&](auto it) { answer.set_value(std::move(it)); });
  const auto got = answer.get_future().get();
  REQUIRE_FALSE(got);
  CHECK(got.error().code == errc::unknown_job);
}

TEST_CASE("a tenant sees its own jobs only") {
  lone_node node;
  const auto id = submit(node, "r", numbered(1));
  std::promise<result<job_status>> answer;
  node.tree.jobs()->get({.id = id, .tenant = "other"}, [&](auto it) { answer.set_value(std::move(it)); });
  const auto got = answer.get_future().get();
  REQUIRE_FALSE(got);
  CHECK(got.error().code == errc::unknown_job);
}

TEST_CASE("a node that keeps no jobs says so to everybody") {
  tree_options options{.node_name = "n1", .version = "0.1.0"};
  auto device = std::make_shared<fake_device>(fake_device::mode::threads);
  options.models.push_back({"m", model_load::kept, [device]() -> result<model_ptr> {
                              return model_ptr{std::make_shared<fake_model>(device)};
                            }});
  options.pools.push_back({.model = "m"});
  actor_tree tree{options};
  auto heard = std::make_shared<client>();
  auto stream = tree.jobs()->open({.tenant = "t", .request_id = "r"}, heard);
  const auto end = heard->ended.take();
  REQUIRE_FALSE(end);
  CHECK(end.error().code == errc::unavailable);
}
