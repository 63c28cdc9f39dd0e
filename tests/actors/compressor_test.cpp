#include "runtime/base/item_failure.hpp"
#include "runtime/compress/policy.hpp"
#include "tests/actors/compress_calls.hpp"

#include <algorithm>
#include <array>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

TEST_CASE("a text is made short without a model's vectors, within its budget, and the reply names what was done") {
  actor_world world;
  world.start();
  const auto text = sentences(40);
  const auto outcome = world.submit({text}, to_compress(frequency));
  const auto made = made_of(outcome);
  CHECK(made.report.strategy == frequency);
  CHECK(made.report.output_tokens <= made.report.target_tokens);
  CHECK(made.report.ratio >= 4);
  CHECK(made.kept.size() > 0);
  CHECK(text.find(made.extract.substr(0, 20)) != text.npos);
  CHECK(outcome->reply().model == "m");
  CHECK(outcome->reply().model_version == "0123456789ab");
  CHECK(world.device->sequences().empty());
}

TEST_CASE("a strategy that needs vectors has the sentences embedded in calls of bounded size") {
  actor_world world;
  world.start();
  const auto outcome = world.submit({sentences(700)}, to_compress(semantic));
  const auto made = made_of(outcome);
  CHECK(made.report.strategy == semantic);
  CHECK(made.report.coverage > 0);
  CHECK(world.meter->computed["fake:0"] == 700);
  CHECK(outcome->reply().usage.tokens > 0);
  CHECK(outcome->reply().usage.device_seconds > 0);
}

TEST_CASE("a text that was compressed before is found, and so are its sentences for another budget") {
  cached_world world;
  world.start();
  const auto text = sentences(30);
  CHECK(sources(world.submit({text}, to_compress(semantic))) == std::vector{source::computed});
  const auto computed = world.all_computed();
  const auto again = world.submit({text}, to_compress(semantic));
  CHECK(sources(again) == std::vector{source::memory});
  CHECK(world.all_computed() == computed);
  CHECK(sources(world.submit({text}, to_compress(semantic, 8))) == std::vector{source::computed});
  CHECK(world.all_computed() == computed);
}

TEST_CASE("only the sentences that are new to a text are embedded") {
  cached_world world;
  world.start();
  world.submit({sentences(30)}, to_compress(semantic));
  const auto computed = world.all_computed();
  made_of(world.submit({sentences(30) + "\n\nA new ferry was opened in spring."}, to_compress(semantic)));
  CHECK(world.all_computed() == computed + 1);
}

TEST_CASE("what is not to be cached leaves nothing in the cache, neither the text nor its sentences") {
  cached_world world;
  world.start();
  auto with = to_compress(semantic);
  with.embed.cached = false;
  for (int i = 1; i <= 2; ++i) {
    CHECK(sources(world.submit({sentences(10)}, with)) == std::vector{source::computed});
    CHECK(world.all_computed() == static_cast<uint64_t>(10 * i));
  }
}

TEST_CASE("equal texts at the same time are compressed once") {
  cached_world world(fake_device::mode::manual);
  world.start();
  const auto first = world.submit({sentences(12)}, to_compress(semantic));
  const auto second = world.submit({sentences(12)}, to_compress(semantic));
  world.complete_all();
  CHECK(made_of(first).extract == made_of(second).extract);
  CHECK(sources(second) == std::vector{source::shared});
  CHECK(world.all_computed() == 12);
}

TEST_CASE("auto is resolved by the table that holds, and the reply names both") {
  actor_world world;
  world.start();
  const auto made = made_of(world.submit({sentences(30)}, to_compress(compress_strategy::automatic)));
  CHECK(made.report.strategy == default_policy().choose(made.report.content, 1'000));
  CHECK(made.report.policy_version == version_of(default_policy()));
}

TEST_CASE("of several texts each has its result, in their order") {
  actor_world world;
  world.start();
  const auto outcome =
      world.submit({sentences(20, "bridge"), sentences(30, "tunnel"), sentences(40, "ferry")}, to_compress(frequency));
  const std::array words{"bridge", "tunnel", "ferry"};
  for (size_t i = 0; i < words.size(); ++i)
    CHECK(made_of(outcome, i).extract.find(words[i]) != std::string::npos);
}

TEST_CASE("a call fails with the text that cannot be compressed, which it names") {
  for (const auto& [text, code] :
       {std::pair{std::string("bad \xFF"), errc::invalid_utf8}, {std::string("bin\0ary\0\1\2", 10), errc::not_text}}) {
    actor_world world;
    world.start();
    const auto outcome = world.submit({sentences(9), text}, to_compress(frequency));
    REQUIRE(outcome->answered());
    CHECK(outcome->code() == code);
    CHECK(item_of(outcome->error()) == 1u);
    CHECK(made_of(world.submit({sentences(9)}, to_compress(frequency))).report.units == 9);
  }
}

TEST_CASE("a budget that nothing fits is said with what would be possible") {
  actor_world world;
  world.start();
  auto with = to_compress(frequency);
  compress_parameters wanted;
  wanted.tokens = 3;
  wanted.strategy = frequency;
  with.embed.compress = canonical_form(wanted);
  const auto outcome = world.submit({sentences(9)}, with);
  REQUIRE(outcome->answered());
  CHECK(outcome->code() == errc::budget_unreachable);
  CHECK(std::ranges::count(outcome->error().metadata, "leastTokens", &std::pair<std::string, std::string>::first) == 1);
}

TEST_CASE("parameters that this release does not understand are refused, as of another node") {
  actor_world world;
  world.start();
  call_options with;
  with.embed.compress = "of another release";
  const auto outcome = world.submit({"text"}, with);
  REQUIRE(outcome->answered());
  CHECK(outcome->code() == errc::other_identity); // no fault of the text: another node may know them
}

TEST_CASE("a client that goes frees the compressor, and the sentences that wait are not computed") {
  actor_world world(fake_device::mode::manual);
  world.options.compress.texts_max = 1;
  world.start();
  auto [call, gone] = make_call({sentences(2'000)}, to_compress(semantic));
  const std::weak_ptr<weft::call> watched = call;
  world.entrance->submit(call);
  world.step();
  call->cancel();
  call.reset();
  world.pass(300ms);
  world.complete_all();
  world.pass(300ms);
  CHECK(watched.expired());
  const auto next = world.submit({sentences(5)}, to_compress(frequency));
  CHECK(made_of(next).report.units == 5);
}

TEST_CASE("texts of calls go before texts of jobs that came earlier") {
  actor_world world;
  world.options.compress.texts_max = 1;
  world.hold_tasks = true;
  world.start();
  world.run_tasks();
  world.step();
  world.run_tasks();
  world.step();
  auto of_a_job = to_compress(frequency);
  of_a_job.priority = priority::batch;
  const auto job = world.submit({sentences(9), sentences(10), sentences(11)}, of_a_job);
  const auto call = world.submit({sentences(12)}, to_compress(frequency));
  while (!call->answered()) {
    REQUIRE(!world.tasks.empty());
    CHECK(!job->answered());
    world.run_tasks();
    world.step();
  }
  CHECK(!job->answered());
  while (!world.tasks.empty()) {
    world.run_tasks();
    world.step();
  }
  CHECK(job->answered());
}

TEST_CASE("a deadline that passes while sentences are embedded ends the call") {
  actor_world world(fake_device::mode::manual);
  world.start();
  auto with = to_compress(semantic);
  with.deadline = world.now() + 500ms;
  const auto outcome = world.submit({sentences(20)}, with);
  world.pass(1s);
  REQUIRE(outcome->answered());
  CHECK(outcome->code() == errc::deadline_exceeded);
}

TEST_CASE("an engine that fails on a sentence fails the text, and the node goes on") {
  actor_world world;
  world.device->poison = {'#'};
  world.start();
  const auto outcome = world.submit({sentences(9) + "This one has a # in it."}, to_compress(semantic));
  world.pass(5s);
  REQUIRE(outcome->answered());
  CHECK(outcome->code() == errc::engine_failed);
  CHECK(made_of(world.submit({sentences(9)}, to_compress(semantic))).report.units == 9);
}

TEST_CASE("a compressor that dies costs its calls, which hear of it, and is restarted") {
  actor_world world(fake_device::mode::manual);
  world.start();
  const auto lost = world.submit({sentences(9)}, to_compress(semantic));
  world.kill(world.wiring()->compressor);
  world.complete_all();
  REQUIRE(lost->answered());
  CHECK(lost->code() == errc::unavailable);
  const auto next = world.submit({sentences(9)}, to_compress(semantic));
  world.complete_all();
  CHECK(made_of(next).report.units == 9);
}

TEST_CASE("a call that comes before its model waits for it") {
  actor_world world;
  world.options.models[0].load = model_load::lazy;
  world.start();
  CHECK(world.models_opened == 0);
  CHECK(made_of(world.submit({sentences(9)}, to_compress(semantic))).report.units == 9);
  CHECK(world.models_opened == 1);
}

TEST_CASE("of texts that auto compressed one in so many is tried with other strategies, and nobody waits for that") {
  actor_world world;
  world.options.compress.trial_every = 4;
  world.start();
  const auto table = [&] {
    std::optional<compress_table> out;
    caf::anon_send(world.supervisor, std::make_shared<policy_ask>(std::monostate{}, [&](auto answer) {
                     REQUIRE(answer);
                     out = *answer;
                   }));
    world.step();
    REQUIRE(out);
    return *out;
  };
  CHECK(table().text == canonical_form(default_policy()));
  for (int i = 0; i < 11; ++i)
    made_of(world.submit({sentences(12, "bridge " + std::to_string(i))}, to_compress(compress_strategy::automatic)));
  world.pass(1s);
  CHECK(table().texts_tried == 2);
  CHECK(table().version == version_of(default_policy()));
  // What the caller names is no question to learn from.
  for (int i = 0; i < 8; ++i)
    made_of(world.submit({sentences(12, "ferry " + std::to_string(i))}, to_compress(frequency)));
  world.pass(1s);
  CHECK(table().texts_tried == 2);
}

TEST_CASE("a node that stops tells those whose texts it has") {
  outcome_ptr outcome;
  {
    actor_world world(fake_device::mode::manual);
    world.start();
    outcome = world.submit({sentences(9)}, to_compress(semantic));
  }
  REQUIRE(outcome->answered());
  CHECK(outcome->code() == errc::draining);
}

TEST_CASE("a text whose key another node owns is compressed there, by the table that holds here") {
  two_nodes world;
  // Which node owns a text depends on what is done with it: some of these are the other's.
  std::vector<outcome_ptr> outcomes;
  for (int i = 0; i < 16; ++i)
    outcomes.push_back(
        world.submit({sentences(5, "bridge " + std::to_string(i))}, to_compress(compress_strategy::automatic)));
  const auto asked = std::ranges::find(world.peers->asks, "compress",
                                       [](const auto& ask) { return ask.request.kind->parts().operation; });
  REQUIRE(asked != world.peers->asks.end());
  const auto& request = asked->request;
  CHECK(request.kind->parts().parameters == request.options.compress);
  const auto wanted = parse_parameters(request.options.compress);
  REQUIRE(wanted);
  CHECK(wanted->policy == canonical_form(default_policy()));
}
