#include "actors/actor_tree.hpp"
#include "tests/support/fake_model.hpp"
#include "tests/support/recording_call.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <latch>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

// Real threads and the real clock. What takes time is waited for; nothing sleeps.
namespace {

using mode = fake_device::mode;

tree_options options_for(const std::shared_ptr<fake_device>& device) {
  tree_options options{.node_name = "n1", .version = "0.1.0"};
  options.models.push_back({"m", model_load::kept, [device]() -> result<model_ptr> {
                              return model_ptr{std::make_shared<fake_model>(device)};
                            }});
  options.pools.push_back({.model = "m"});
  options.cache.enabled = false;
  return options;
}

outcome_ptr submit(actor_tree& tree, std::vector<std::string> texts, const call_options& with = {}) {
  auto [call, outcome] = make_call(std::move(texts), with);
  tree.entrance().submit(std::move(call));
  return outcome;
}

// Until the scheduler's one thread has had all turns that were waiting for it: it takes them in their order.
void settle(actor_tree& tree) {
  auto answered = std::make_shared<std::promise<void>>();
  auto waiting = answered->get_future();
  tree.ask_settings(settings_request{}, [answered](const auto&) { answered->set_value(); });
  waiting.wait();
}

} // namespace

TEST_CASE("a call comes back with one vector a text, in the order of its texts") {
  auto device = std::make_shared<fake_device>(mode::threads);
  actor_tree tree{options_for(device)};
  auto outcome = submit(tree, {"hello", "", "actors"});
  outcome->wait();
  REQUIRE(outcome->code() == errc::none);
  auto reply = outcome->reply();
  fake_model same{device};
  REQUIRE(reply.items.size() == 3);
  CHECK(reply.items[0].values == same.vector("hello"));
  CHECK(reply.items[1].values == same.vector(""));
  CHECK(reply.items[2].values == same.vector("actors"));
  CHECK(reply.items[2].tokens == 8);
  CHECK(reply.model == "m");
  CHECK(reply.model_version == "0123456789ab");
  CHECK(reply.usage.tokens == 7 + 2 + 8);
  CHECK(reply.usage.device_seconds > 0);
}

TEST_CASE("calls run on the threads that bring them, where those may be borrowed") {
  auto options = options_for(std::make_shared<fake_device>(mode::instant));
  for (auto borrow : {true, false}) {
    CAPTURE(borrow);
    options.borrow_threads = borrow;
    actor_tree tree{options};
    submit(tree, {"the model is there"})->wait();
    int here = 0;
    for (int i = 0; i < 100; ++i) {
      settle(tree); // else actors may still have the last call's turns elsewhere, and take this one along
      auto outcome = submit(tree, {"now"});
      outcome->wait();
      here += outcome->answered_on() == std::this_thread::get_id();
    }
    // Not all of them: a timer may give an actor its turn elsewhere just then.
    CHECK((here > 50) == borrow);
    CHECK((here == 0) == !borrow);
  }
}

TEST_CASE("a lent thread hands on what would keep it for long: much text is tokenized elsewhere") {
  auto device = std::make_shared<fake_device>(mode::threads);
  actor_tree tree{options_for(device)};
  submit(tree, {"the model is there"})->wait();
  // More than is tokenized in place, so the tokenizers that run have their turns on the scheduler's threads.
  auto outcome = submit(tree, std::vector<std::string>(200, std::string(200, 'x')));
  outcome->wait();
  REQUIRE(outcome->code() == errc::none);
  CHECK(outcome->answered_on() != std::this_thread::get_id());
  CHECK(outcome->reply().items.size() == 200);
}

TEST_CASE("thousands of calls from several threads, many cancelled, are each answered once and right") {
  constexpr int threads = 4, calls_a_thread = 2'000;
  constexpr size_t window = 200; ///< of one thread
  auto device = std::make_shared<fake_device>(mode::threads);
  device->poison = {'!'};
  auto options = options_for(device);
  // Nothing is computed until each thread has filled its window: of 800 calls, a third of which end by themselves, some
  // must be refused.
  std::promise<void> open;
  device->gate = open.get_future().share();
  std::latch filled{threads};
  options.limits.calls_max = 400;
  options.pools[0] = {.model = "m",
                      .workers_min = 2,
                      .workers_max = 3,
                      .tokenizers = 2,
                      .batch_tokens_max = 2'048,
                      .queue_items_max = 3'000};
  std::map<errc, int> codes;
  {
    actor_tree tree{options};
    std::mutex mutex;
    std::vector<std::thread> submitters;
    for (uint32_t t = 0; t < threads; ++t)
      submitters.emplace_back([&, t] {
        std::mt19937 random{100 + t};
        fake_model same{device};
        std::vector<std::pair<std::vector<std::string>, outcome_ptr>> mine;
        std::vector<std::weak_ptr<call>> live;
        for (int i = 0; i < calls_a_thread; ++i) {
          std::vector<std::string> texts;
          for (auto n = random() % 8 + 1; n > 0; --n)
            texts.push_back(std::string(random() % 200, random() % 2'000 == 0 ? '!' : char('a' + random() % 26)));
          auto deadline = random() % 10 == 0 ? std::chrono::steady_clock::now() + 2ms : time_point::max();
          auto [call, outcome] =
              make_call(texts, {.priority = static_cast<priority>(random() % 3), .deadline = deadline});
          live.push_back(call);
          mine.emplace_back(std::move(texts), outcome);
          tree.entrance().submit(std::move(call));
          if (mine.size() == window)
            filled.count_down();
          if (mine.size() > window)
            mine[mine.size() - window].second->wait();
          if (auto victim = live[live.size() - 1 - random() % std::min(live.size(), window)].lock();
              victim && random() % 4 == 0)
            victim->cancel();
        }
        for (const auto& [texts, outcome] : mine) {
          outcome->wait();
          if (outcome->code() == errc::none) {
            auto reply = outcome->reply();
            REQUIRE(reply.items.size() == texts.size());
            for (size_t i = 0; i < texts.size(); ++i)
              REQUIRE(reply.items[i].values == same.vector(texts[i]));
          }
          const std::lock_guard hold(mutex);
          REQUIRE(outcome->answers() == 1);
          ++codes[outcome->code()];
        }
      });
    filled.wait();
    open.set_value();
    for (auto& submitter : submitters)
      submitter.join();
  }
  int all = 0;
  for (auto [code, count] : codes) {
    CAPTURE(to_string(code));
    CHECK((code == errc::none || code == errc::cancelled || code == errc::overloaded ||
           code == errc::deadline_exceeded || code == errc::engine_failed));
    all += count;
  }
  CHECK(all == threads * calls_a_thread);
  CHECK(codes[errc::none] > all / 4);
  CHECK(codes[errc::cancelled] > 0);
  CHECK(codes[errc::overloaded] > 0);
  CHECK(device->engines_alive == 0);
  for (auto tokens : device->tokens())
    REQUIRE(tokens <= 2'048);
}

TEST_CASE("the load of the node is that of this moment, not of the last snapshot") {
  auto device = std::make_shared<fake_device>(mode::manual);
  device->busy = 1ms;
  actor_tree tree{options_for(device)};
  std::vector<outcome_ptr> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(submit(tree, {std::string(100, 'x')}));
  // Two batches are at the worker at most; the first may hold any number of the calls.
  while (tree.load().calls_in_flight < 20 || device->waiting() == 0)
    std::this_thread::yield();
  CHECK(tree.load().workers >= 1);
  for (const auto& one : all)
    while (!one->answered())
      device->complete();
  while (tree.load().calls_in_flight > 0)
    std::this_thread::yield();
  CHECK(tree.load().queued_tokens == 0);
  CHECK(tree.load().tokens_per_second > 0);
}

TEST_CASE("draining lets calls end, refuses new ones, and tells") {
  auto device = std::make_shared<fake_device>(mode::manual);
  actor_tree tree{options_for(device)};
  auto inside = submit(tree, {"a"});
  std::promise<void> drained;
  tree.drain([&] { drained.set_value(); });
  auto outside = submit(tree, {"b"});
  CHECK(outside->code() == errc::draining);
  while (!device->complete())
    std::this_thread::yield();
  drained.get_future().wait();
  CHECK(inside->code() == errc::none);
}

TEST_CASE("draining an idle tree tells at once") {
  actor_tree tree{options_for(std::make_shared<fake_device>())};
  std::promise<void> drained;
  tree.drain([&] { drained.set_value(); });
  drained.get_future().wait();
}

TEST_CASE("a tree that goes answers what waits, and its view may stay") {
  auto device = std::make_shared<fake_device>(mode::manual);
  std::vector<outcome_ptr> outcomes;
  std::shared_ptr<const node_view> view;
  {
    actor_tree tree{options_for(device)};
    view = tree.view();
    for (int i = 0; i < 200; ++i)
      outcomes.push_back(submit(tree, {"a", "b"}));
  }
  for (const auto& outcome : outcomes) {
    REQUIRE(outcome->answered());
    CHECK(outcome->code() == errc::draining);
    CHECK(outcome->answers() == 1);
  }
  CHECK(view->snapshot()->name == "n1");
  CHECK(device->engines_alive == 0);
  while (device->complete()) { // the device wakes up late: its answers reach nobody, and nothing else
  }
}

TEST_CASE("a tree that goes while its model is being opened waits for that and answers the calls") {
  auto device = std::make_shared<fake_device>();
  auto options = options_for(device);
  std::promise<void> opening;
  std::promise<void> go;
  options.models[0].open = [&]() -> result<model_ptr> {
    opening.set_value();
    go.get_future().wait();
    return model_ptr{std::make_shared<fake_model>(device)};
  };
  auto tree = std::make_unique<actor_tree>(options);
  opening.get_future().wait();
  CHECK(tree->view()->snapshot()->state == node_state::starting);
  auto outcome = submit(*tree, {"a"});
  std::thread stops{[&] { tree.reset(); }};
  outcome->wait();
  CHECK(outcome->code() == errc::draining);
  go.set_value();
  stops.join();
}

TEST_CASE("new limits hold at once") {
  auto device = std::make_shared<fake_device>(mode::threads);
  auto options = options_for(device);
  actor_tree tree{options};
  auto limits = options.limits;
  limits.items_max = 1;
  tree.reconfigure(limits, options.pools);
  CHECK(submit(tree, {"a", "b"})->code() == errc::too_many_items);
  auto fine = submit(tree, {"a"});
  fine->wait();
  CHECK(fine->code() == errc::none);
}

TEST_CASE("plain mode computes text by text on one worker, also after a reload") {
  auto device = std::make_shared<fake_device>(mode::threads);
  auto options = options_for(device);
  options.plain = true;
  options.pools[0].workers_min = options.pools[0].workers_max = 3;
  actor_tree tree{options};
  tree.reconfigure(options.limits, options.pools);
  auto outcome = submit(tree, std::vector<std::string>(20, "text"));
  outcome->wait();
  CHECK(outcome->code() == errc::none);
  CHECK(device->sequences() == std::vector<size_t>(20, 1));
  CHECK(device->engines_made == 1);
}

TEST_CASE("threads that hang aside when the tree ends are told of, after all else has ended") {
  auto options = options_for(std::make_shared<fake_device>(mode::threads));
  size_t aside = 0, told = 0;
  options.threads_aside = [&](std::chrono::milliseconds wait_max) {
    CHECK(wait_max == 5s); // the ranks had as much before: an end takes 10 s at most
    return aside;
  };
  options.on_left_behind = [&](size_t threads) { told = threads; };
  { actor_tree tree{options}; }
  CHECK(told == 0);
  aside = 2;
  { actor_tree tree{options}; }
  CHECK(told == 2);
}
