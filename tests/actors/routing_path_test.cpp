#include "runtime/base/item_failure.hpp"
#include "tests/actors/cached_world.hpp"

#include <algorithm>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

using mode = fake_device::mode;

cluster_view_ptr with_condition(member_condition condition) {
  auto view = std::make_shared<cluster_view>(*two_nodes::view({1, 2}));
  view->members[1].condition = condition;
  return view;
}

failure about_first(errc code) {
  return {code, "text 0 is not for n2", {{"item", "0"}}};
}

} // namespace

TEST_CASE("what lies in another node is no failure of the call: its texts are computed here") {
  for (const auto code : {errc::unknown_model, errc::text_too_large, errc::too_many_items, errc::overloaded,
                          errc::model_loading, errc::deadline_exceeded, errc::internal}) {
    CAPTURE(to_string(code));
    two_nodes world;
    auto outcome = world.submit({world.theirs[0], world.mine[0]});
    REQUIRE(world.peers->asks.size() == 1);
    world.peers->asks[0].end(about_first(code));
    world.step();
    REQUIRE(outcome->answered());
    CHECK(outcome->code() == errc::none);
    CHECK(world.all_computed() == 2);
  }
}

TEST_CASE("what lies in the text fails the call, by the number that the client knows") {
  for (const auto code : {errc::invalid_utf8, errc::text_too_long}) {
    two_nodes world;
    auto outcome = world.submit({world.mine[0], world.theirs[0]});
    world.peers->asks[0].end(about_first(code));
    world.step();
    REQUIRE(outcome->answered());
    CHECK(outcome->code() == code);
    CHECK(item_of(outcome->error()) == 1u);
  }
}

TEST_CASE("an owner that computes something else is asked again only after a while, and that it lasts is logged once") {
  two_nodes world;
  const auto refuse = [&] {
    REQUIRE(world.peers->asks.size() == 1);
    world.peers->asks[0].end(failure{errc::other_identity, "another version"});
    world.peers->asks.clear();
    world.step();
  };
  const auto warnings = [&] {
    return std::ranges::count_if(world.log, [](const std::string& line) { return line.starts_with("warn router"); });
  };
  auto first = world.submit({world.theirs[0]});
  refuse();
  CHECK(first->code() == errc::none);
  auto second = world.submit({world.theirs[1]});
  CHECK(world.peers->asks.empty());
  CHECK(second->code() == errc::none);
  CHECK(warnings() == 0);
  for (int i = 0; i < 3; ++i) {
    world.pass(6s);
    world.submit({world.theirs[2] + std::string(static_cast<size_t>(i), ' ')});
    if (world.peers->asks.empty()) // this node's own key
      continue;
    refuse();
  }
  world.pass(6s);
  auto last = world.submit({world.theirs[3]});
  refuse();
  CHECK(last->code() == errc::none);
  CHECK(warnings() == 1);
}

TEST_CASE("nobody waits for an owner that is suspect") {
  two_nodes world;
  caf::anon_send(world.supervisor, with_condition(member_condition::suspect));
  world.step();
  auto outcome = world.submit({world.theirs[0]});
  CHECK(world.peers->asks.empty());
  REQUIRE(outcome->answered());
  CHECK(outcome->code() == errc::none);
}

TEST_CASE("what other nodes spent is in the usage, also when their end comes after all items") {
  two_nodes world;
  auto outcome = world.submit({world.theirs[0], world.mine[0]});
  const auto& asked = world.peers->asks[0];
  asked.answer(0);
  CHECK_FALSE(outcome->answered());
  asked.end(ok, {.tokens = 3, .device_seconds = 4});
  world.step();
  REQUIRE(outcome->answered());
  CHECK(outcome->reply().usage.device_seconds >= 4);
  CHECK(outcome->reply().usage.tokens == 3 + world.mine[0].size() + 2);
}

TEST_CASE("when the last device is lost, another node computes in the class that was asked for") {
  two_nodes world{mode::manual};
  world.device->devices = 1;
  auto outcome = world.submit({world.mine[0]});
  REQUIRE(world.device->waiting() == 1);
  world.hold_tasks = true; // the model is not opened anew yet
  world.device->devices_to_lose = 1;
  CHECK(world.device->complete());
  world.step();
  CHECK_FALSE(outcome->answered());
  REQUIRE(world.peers->asks.size() == 1);
  const auto& asked = world.peers->asks[0];
  CHECK(asked.request.kind->bytes() == world.kind->bytes());
  CHECK(asked.request.compute_only);
  SUBCASE("which does it") {
    asked.answer(0);
    asked.end(ok);
    world.step();
    REQUIRE(outcome->answered());
    CHECK(outcome->code() == errc::none);
  }
  SUBCASE("or the client is told to come back") {
    asked.end(failure{errc::overloaded, "full"});
    world.step();
    REQUIRE(outcome->answered());
    CHECK(outcome->code() == errc::unavailable);
    CHECK(outcome->error().retry_after > 0ms);
  }
  world.device->devices = -1;
  world.hold_tasks = false;
  world.run_tasks();
  world.step();
}

namespace {

/// In another class than the node's.
call_options in_class(numeric_class precision) {
  call_options out;
  out.precision = precision;
  return out;
}

/// Another node than `first` has been asked for both texts, and answers. Returns which.
node_id answer_by_the_next(two_nodes& world, node_id first) {
  REQUIRE(world.peers->asks.size() == 2);
  const auto asked = world.peers->asks[1];
  CHECK(asked.peer != first);
  asked.answer(0);
  asked.answer(1);
  asked.end();
  world.step();
  return asked.peer;
}

} // namespace

TEST_CASE("a call in a class in which this node does not compute is computed by one that does, as a whole") {
  two_nodes world;
  world.tell({1, 2, 3});
  REQUIRE(world.kind->parts().precision != numeric_class::bf16);
  auto outcome = world.submit({world.mine[0], world.theirs[0]}, in_class(numeric_class::bf16));
  REQUIRE(world.peers->asks.size() == 1);
  const auto first = world.peers->asks[0];
  CHECK(first.request.compute_only);
  CHECK(first.request.kind->parts().precision == numeric_class::bf16);
  CHECK(first.request.kind->parts().model_version == world.kind->parts().model_version);
  CHECK(first.request.texts.size() == 2);
  SUBCASE("by the next where the first does not have it, which is then not asked again") {
    first.end(failure{errc::other_identity, "it has fp32"});
    world.step();
    const auto second = answer_by_the_next(world, first.peer);
    REQUIRE(outcome->answered());
    REQUIRE(outcome->code() == errc::none);
    CHECK(outcome->reply().precision == numeric_class::bf16);
    CHECK(outcome->reply().items.size() == 2);
    world.submit({world.mine[0]}, in_class(numeric_class::bf16));
    REQUIRE(world.peers->asks.size() == 3);
    CHECK(world.peers->asks[2].peer == second);
  }
  SUBCASE("by nobody where none has it: it says so") {
    for (size_t i = 0; i < 2; ++i) {
      REQUIRE(world.peers->asks.size() == i + 1);
      world.peers->asks[i].end(failure{errc::other_identity, "it has fp32"});
      world.step();
    }
    REQUIRE(outcome->answered());
    CHECK(outcome->code() == errc::other_identity);
    CHECK(outcome->error().message.find("in bf16") != std::string::npos);
    auto again = world.submit({world.mine[1]}, in_class(numeric_class::bf16));
    CHECK(again->code() == errc::other_identity); // known by now
    CHECK(world.peers->asks.size() == 2);
    CHECK(std::ranges::count_if(world.log, [](const std::string& line) { return line.starts_with("warn router"); }) ==
          1);
  }
  SUBCASE("by the next where the first cannot now") {
    errc why = errc::none;
    SUBCASE("as it is full") {
      why = errc::overloaded;
    }
    SUBCASE("as it goes") {
      why = errc::draining;
    }
    SUBCASE("as it is gone") {
      why = errc::unavailable;
    }
    SUBCASE("as its model is not open") {
      why = errc::model_loading;
    }
    SUBCASE("as its device fails") {
      why = errc::engine_failed;
    }
    first.end(failure{why, "not now"});
    world.step();
    answer_by_the_next(world, first.peer);
    REQUIRE(outcome->answered());
    CHECK(outcome->code() == errc::none);
  }
  SUBCASE("later where the one that has it is full") {
    first.end(failure{errc::overloaded, "full"});
    world.step();
    REQUIRE(world.peers->asks.size() == 2);
    world.peers->asks[1].end(failure{errc::other_identity, "it has fp32"});
    world.step();
    REQUIRE(outcome->answered());
    CHECK(outcome->code() == errc::overloaded);
  }
  SUBCASE("not again where the text is at fault") {
    first.end(failure{errc::invalid_utf8, "item 0 is no UTF-8"});
    world.step();
    REQUIRE(outcome->answered());
    CHECK(outcome->code() == errc::invalid_utf8);
  }
  CHECK(world.all_computed() == 0);
}

TEST_CASE(
    "where the model is not open a call that names a class is not computed in whichever it will have, and opens it") {
  cached_world world;
  world.options.models[0].load = model_load::lazy;
  world.start();
  auto early = world.submit({"a"}, in_class(numeric_class::bf16));
  REQUIRE(early->answered());
  CHECK(early->code() == errc::model_loading);
  CHECK(early->error().retry_after);
  CHECK(world.all_computed() == 0);
  CHECK(world.models_opened == 1);
  CHECK(world.submit({"a"}, in_class(numeric_class::bf16))->code() == errc::other_identity); // it has another one
}

TEST_CASE("a call in the node's own class goes the usual way, and a node that is alone has no other") {
  two_nodes world;
  auto usual = world.submit({world.mine[0]}, in_class(world.kind->parts().precision));
  REQUIRE(usual->answered());
  CHECK(usual->code() == errc::none);
  CHECK(world.all_computed() == 1);
  world.tell({1});
  auto other = world.submit({world.mine[1]}, in_class(numeric_class::bf16));
  REQUIRE(other->answered());
  CHECK(other->code() == errc::other_identity);
  CHECK(world.peers->asks.empty());
}

TEST_CASE("leaders without patience cost those who have it nothing") {
  cached_world world{mode::manual};
  world.start();
  auto busy = world.submit({"keeps the worker"});
  auto busier = world.submit({"and its place in the queue"});
  std::vector<outcome_ptr> hasty;
  for (int i = 1; i <= 5; ++i)
    hasty.push_back(world.submit({"the same"}, {.deadline = world.now() + i * 1s}));
  auto patient = world.submit({"the same"}, {.deadline = world.now() + 60s});
  world.pass(10s);
  for (const auto& one : hasty) {
    REQUIRE(one->answered());
    CHECK(one->code() == errc::deadline_exceeded);
  }
  REQUIRE_FALSE(patient->answered());
  world.complete_all();
  REQUIRE(patient->answered());
  CHECK(patient->code() == errc::none);
}

TEST_CASE("what the pool of this node refuses is computed on another one, or refused when that refuses, too") {
  two_nodes world{mode::manual};
  // The other node is so weak that nothing goes there but what must.
  auto view = std::make_shared<cluster_view>(*two_nodes::view({1, 2}));
  view->members[1].weight = 1;
  caf::anon_send(world.supervisor, cluster_view_ptr{view});
  auto options = world.options.pools[0];
  options.queue_items_max = 1;
  caf::anon_send(world.pool(), change_atom_v, std::make_shared<const pool_options>(options));
  world.step();
  // The worker has its batches, then the queue is full.
  outcome_ptr refused;
  for (int i = 0; world.peers->asks.empty(); ++i) {
    REQUIRE(i < 20);
    refused = world.submit({world.mine[0] + std::string(static_cast<size_t>(i), '+')});
    for (const auto& asked : world.peers->asks)
      if (!asked.request.compute_only)
        asked.end(failure{errc::draining, "not mine"});
    std::erase_if(world.peers->asks, [](const auto& asked) { return !asked.request.compute_only; });
    world.step();
  }
  REQUIRE(world.peers->asks.size() == 1);
  const auto& asked = world.peers->asks[0];
  SUBCASE("computed there") {
    asked.answer(0, 5);
    asked.end();
    world.step();
    REQUIRE(refused->answered());
    CHECK(refused->code() == errc::none);
    CHECK(refused->reply().items[0].values[0] == 5);
  }
  SUBCASE("refused there, too") {
    asked.end(failure{errc::overloaded, "full as well"});
    world.step();
    REQUIRE(refused->answered());
    CHECK(refused->code() == errc::overloaded);
    CHECK(world.peers->asks.size() == 1);
  }
}
