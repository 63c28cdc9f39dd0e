#include "tests/support/jobs_world.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace weft::test;

namespace {

jobs_options one_node() {
  auto out = jobs_world::default_options();
  out.single_node = true;
  return out;
}

bool has_ended(jobs_world& world, size_t i, job_id id, job_state state = job_state::done) {
  const auto header = world.header(i, id);
  return header && header->state == state;
}

/// Of all nodes that are up: the same headers, whatever way they came.
bool agree(jobs_world& world) {
  std::optional<std::vector<job_header>> first;
  for (size_t i = 0; i < world.size(); ++i) {
    if (!world.at(i).up)
      continue;
    if (!first)
      first = world.core(i).headers();
    if (world.core(i).headers() != *first)
      return false;
  }
  return true;
}

} // namespace

TEST_CASE("a job of one node is done and its results are read in order") {
  jobs_world world{1, one_node()};
  const auto texts = some_texts(700);
  REQUIRE(world.submit(0, "r", texts));
  const auto id = world.id_of("r");
  CHECK(world.header(0, id)->spec.durability == job_durability{.copies = 1, .synced = 1});
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 5s));
  CHECK(world.header(0, id)->progress.items_done == 700);
  CHECK(are_results_of(world.read_all(0, id), texts));
  CHECK(are_results_of(world.read_all(0, id, 300), texts, 300));
  CHECK(world.read_all(0, id, 700).empty());
}

TEST_CASE("10 000 items over three nodes are done once each, and every node gives them") {
  jobs_world world{3};
  const auto texts = some_texts(10'000);
  REQUIRE(world.submit(1, "r", texts));
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 2, id); }, 20s));
  CHECK(world.run_until([&] { return agree(world); }, 2s));
  uint64_t run = 0;
  for (size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    CHECK(are_results_of(world.read_all(i, id), texts));
    CHECK(world.at(i).items_run > 2'000); // about a third each
    run += world.at(i).items_run;
  }
  CHECK(run == 10'000);
  for (uint32_t index = 0; index < 40; ++index)
    CHECK(world.copies({id, index}) == 3);
}

TEST_CASE("five nodes keep three copies of a segment and read what they do not keep from others") {
  jobs_world world{5};
  const auto texts = some_texts(3'000);
  REQUIRE(world.submit(0, "r", texts));
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 20s));
  for (uint32_t index = 0; index < 12; ++index)
    CHECK(world.copies({id, index}) == 3);
  for (size_t i = 0; i < 5; ++i)
    CHECK(are_results_of(world.read_all(i, id), texts));
}

TEST_CASE("a reader waits for what is not done yet and ends with the job") {
  jobs_world world{3};
  world.run_time = 2'000ms;
  const auto texts = some_texts(1'000);
  REQUIRE(world.submit(0, "r", texts));
  const auto id = world.id_of("r");
  CHECK(are_results_of(world.read_all(1, id), texts));
  CHECK(has_ended(world, 1, id));
}

TEST_CASE("items are acknowledged when two nodes have synced them, not before") {
  jobs_world world{3};
  const auto number = world.open(0, "r");
  auto& heard = world.at(0).submissions[number];
  REQUIRE(world.run_until([&] { return heard.opened.has_value(); }));
  world.cut(0, 1);
  world.cut(0, 2);
  world.append(0, number, some_texts(256));
  world.advance(5s);
  CHECK(heard.durable == 0);
  CHECK(!heard.ended);
  world.heal();
  CHECK(world.run_until([&] { return heard.durable == 256; }, 3s));
  CHECK(world.copies({world.id_of("r"), 0}) >= 2);
}

TEST_CASE("a node that is alone acknowledges nothing and says no quorum") {
  for (const bool it_knows : {false, true}) {
    CAPTURE(it_knows);
    jobs_world world{3};
    world.cut(0, 1);
    world.cut(0, 2);
    if (it_knows)
      world.tell_members();
    const auto number = world.open(0, "r");
    auto& heard = world.at(0).submissions[number];
    REQUIRE(world.run_until([&] { return heard.ended.has_value(); }, 30s));
    CHECK(!heard.opened);
    REQUIRE(!*heard.ended);
    CHECK(heard.ended->error().code == errc::no_quorum);
  }
}

TEST_CASE("a stream that is cut goes on at another node behind what was acknowledged") {
  jobs_world world{3};
  const auto texts = some_texts(2'000);
  const auto first = world.open(0, "r");
  auto& heard = world.at(0).submissions[first];
  REQUIRE(world.run_until([&] { return heard.opened.has_value(); }));
  world.append(0, first, {texts.begin(), texts.begin() + 1'000});
  REQUIRE(world.run_until([&] { return heard.durable == 768; }));
  world.kill(0);
  world.tell_members();
  const auto second = world.open(1, "r");
  auto& again = world.at(1).submissions[second];
  REQUIRE(world.run_until([&] { return again.opened.has_value(); }));
  const auto from = again.opened->header.progress.items_durable;
  CHECK(from >= 768);
  world.append(1, second, {texts.begin() + static_cast<std::ptrdiff_t>(from), texts.end()});
  world.complete(1, second);
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 2, id); }, 20s));
  CHECK(are_results_of(world.read_all(2, id), texts));
}

TEST_CASE("the same request id is the same job, and another spec under it is refused") {
  jobs_world world{3};
  const auto texts = some_texts(300);
  REQUIRE(world.submit(0, "r", texts));
  const auto id = world.id_of("r");
  REQUIRE(world.submit(1, "r", texts)); // runs or is done: answered as it is
  REQUIRE(world.run_until([&] { return has_ended(world, 2, id); }, 20s));
  REQUIRE(world.submit(2, "r", texts));
  for (size_t i = 0; i < 3; ++i)
    CHECK(world.core(i).headers().size() == 1);
  const auto other = world.open(1, "r", [](job_opening& opening) { opening.options.normalize = false; });
  const auto& heard = world.at(1).submissions[other];
  REQUIRE(heard.ended);
  REQUIRE(!*heard.ended);
  CHECK(heard.ended->error().code == errc::invalid_argument);
  CHECK(world.core(1).counters().refused == 1);
}

TEST_CASE("two nodes that take one job at once agree on it") {
  jobs_world world{3};
  const auto texts = some_texts(1'500);
  const auto a = world.open(0, "r");
  world.advance(1ms); // created at different times
  const auto b = world.open(1, "r");
  auto& at_a = world.at(0).submissions[a];
  auto& at_b = world.at(1).submissions[b];
  REQUIRE(world.run_until([&] { return at_a.opened && at_b.opened; }));
  world.append(0, a, texts);
  world.append(1, b, texts);
  world.complete(0, a);
  world.complete(1, b);
  REQUIRE(world.run_until([&] { return at_a.ended && at_b.ended; }));
  CHECK(*at_a.ended);
  CHECK(*at_b.ended);
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 2, id) && agree(world); }, 20s));
  for (size_t i = 0; i < 3; ++i)
    CHECK(are_results_of(world.read_all(i, id), texts));
}

TEST_CASE("the segments of an owner that dies are run by the next one at once") {
  jobs_world world{3};
  world.run_time = 200ms;
  const auto texts = some_texts(10'000);
  REQUIRE(world.submit(0, "r", texts));
  const auto id = world.id_of("r");
  world.advance(300ms);
  world.kill(2);
  world.tell_members();
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 30s));
  CHECK(are_results_of(world.read_all(1, id), texts));
  CHECK(world.core(0).counters().takeovers + world.core(1).counters().takeovers > 5);
  world.start(2);
  world.tell_members();
  CHECK(world.run_until([&] { return agree(world); }, 30s));
  CHECK(are_results_of(world.read_all(2, id), texts));
}

TEST_CASE("with more than half of the members missing nothing is taken over, and it goes on when they are back") {
  jobs_world world{5};
  world.run_time = 500ms;
  const auto texts = some_texts(5'000);
  REQUIRE(world.submit(0, "r", texts));
  for (const size_t i : {2, 3, 4})
    world.kill(i);
  world.tell_members();
  CHECK(world.core(0).counters().frozen);
  world.advance(20s);
  CHECK(world.core(0).counters().takeovers + world.core(1).counters().takeovers == 0);
  for (const size_t i : {2, 3, 4})
    world.start(i);
  world.tell_members();
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 60s));
  CHECK(are_results_of(world.read_all(3, id), texts));
}

TEST_CASE("nodes that all lose their power go on with what they have synced") {
  jobs_world world{3};
  world.run_time = 100ms;
  const auto texts = some_texts(3'000);
  REQUIRE(world.submit(0, "r", texts));
  for (size_t i = 0; i < 3; ++i)
    world.kill(i);
  world.advance(1s);
  for (size_t i = 0; i < 3; ++i)
    world.start(i);
  world.tell_members();
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 1, id); }, 30s));
  CHECK(are_results_of(world.read_all(0, id), texts));
}

TEST_CASE("a job is cancelled on all nodes, and a reader gets what was done") {
  jobs_world world{3};
  world.run_time = 1'000ms;
  const auto texts = some_texts(5'000);
  REQUIRE(world.submit(0, "r", texts));
  const auto id = world.id_of("r");
  world.advance(1'500ms); // three nodes with four runs each: 12 of its 20 segments are done
  const auto number = world.cancel(1, id);
  REQUIRE(world.run_until([&] { return world.at(1).cancels.contains(number); }));
  REQUIRE(world.at(1).cancels.at(number));
  CHECK(world.at(1).cancels.at(number)->header.state == job_state::cancelled);
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id, job_state::cancelled); }));
  world.advance(5s);
  const auto pages = world.read_all(2, id);
  size_t items = 0;
  for (const auto& page : pages)
    items += page.results->items.size();
  CHECK(items > 0);
  CHECK(items < 5'000);
  const auto again = world.cancel(0, id);
  CHECK(world.run_until([&] { return world.at(0).cancels.contains(again); }));
}

TEST_CASE("a job that is not done in time expires, and its submission hears it") {
  jobs_world world{3};
  const auto number = world.open(0, "r", [](job_opening& opening) { opening.expires_in = 5s; });
  auto& heard = world.at(0).submissions[number];
  REQUIRE(world.run_until([&] { return heard.opened.has_value(); }));
  REQUIRE(world.run_until([&] { return heard.ended.has_value(); }, 10s));
  REQUIRE(!*heard.ended);
  CHECK(heard.ended->error().code == errc::cancelled); // the deadline of the job, not of the call
  CHECK(heard.ended->error().message.ends_with("has expired"));
  for (size_t i = 0; i < 3; ++i)
    CHECK(world.run_until([&] { return has_ended(world, i, world.id_of("r"), job_state::expired); }));
}

TEST_CASE("results go after their retention, and the tombstone later") {
  jobs_world world{3};
  const auto number = world.open(0, "r", [](job_opening& opening) { opening.retention = 60s; });
  auto& heard = world.at(0).submissions[number];
  REQUIRE(world.run_until([&] { return heard.opened.has_value(); }));
  world.append(0, number, some_texts(600));
  world.complete(0, number);
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 1, id); }));
  world.advance(50s);
  CHECK(world.copies({id, 0}) == 3);
  world.advance(15s);
  for (size_t i = 0; i < 3; ++i) {
    CHECK(world.at(i).segments.empty());
    CHECK(world.core(i).segments().empty());
    CHECK(world.core(i).counters().jobs[static_cast<size_t>(job_state::removed)] == 1);
    const auto asked = world.core(i).get(world.question(id), world.now());
    REQUIRE(!asked);
    CHECK(asked.error().code == errc::job_removed);
  }
  world.advance(std::chrono::hours{25});
  for (size_t i = 0; i < 3; ++i) {
    CHECK(world.core(i).headers().empty());
    CHECK(world.at(i).headers.empty());
  }
}

TEST_CASE("an item that no engine can compute fails with its reason, the others are done") {
  jobs_world world{3};
  world.engine = [](size_t, const segment_texts& work, const std::vector<uint32_t>& items) -> run_outcome {
    segment_results out{.model = "mini", .model_version = "1"};
    for (const auto item : items) {
      if (work.texts.at(item) == "poison")
        return failure{errc::engine_failed, "it is bad"};
      item_outcome one;
      one.value.values = {static_cast<float>(work.texts.at(item).size())};
      out.items.push_back(std::move(one));
    }
    return out;
  };
  auto texts = some_texts(1'000);
  texts[300] = "poison";
  REQUIRE(world.submit(0, "r", texts));
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id, job_state::done_with_failures); }, 30s));
  CHECK(world.header(0, id)->progress.items_failed == 1);
  size_t failed = 0;
  for (const auto& page : world.read_all(1, id))
    for (size_t i = 0; i < page.results->items.size(); ++i)
      if (page.results->items[i].failed()) {
        ++failed;
        CHECK(page.first_item + i == 300);
        CHECK(page.results->items[i].code == errc::engine_failed);
      }
  CHECK(failed == 1);
}

TEST_CASE("full disks refuse a submission at once, and it goes on when there is room again") {
  jobs_world world{3};
  for (size_t i = 0; i < 3; ++i)
    world.at(i).disk = errc::storage_full;
  const auto number = world.open(0, "r");
  auto& heard = world.at(0).submissions[number];
  REQUIRE(world.run_until([&] { return heard.ended.has_value(); }, 2s));
  REQUIRE(!*heard.ended);
  CHECK(heard.ended->error().code == errc::storage_full);
  for (size_t i = 0; i < 3; ++i)
    world.at(i).disk = errc::none;
  world.advance(6s);
  const auto texts = some_texts(500);
  REQUIRE(world.submit(1, "r", texts));
  REQUIRE(world.run_until([&] { return has_ended(world, 2, world.id_of("r")); }, 20s));
}

TEST_CASE("one full disk stops nothing: others stand in and run") {
  jobs_world world{4};
  world.at(2).disk = errc::storage_full;
  const auto texts = some_texts(4'000);
  REQUIRE(world.submit(0, "r", texts));
  const auto id = world.id_of("r");
  REQUIRE(world.run_until([&] { return has_ended(world, 0, id); }, 60s));
  CHECK(are_results_of(world.read_all(2, id), texts));
  CHECK(world.at(2).segments.empty());
}

TEST_CASE("a submission that gives more than its window is ended") {
  jobs_world world{3};
  const auto number = world.open(0, "r");
  auto& heard = world.at(0).submissions[number];
  REQUIRE(world.run_until([&] { return heard.opened.has_value(); }));
  world.cut(0, 1);
  world.cut(0, 2);
  for (int i = 0; i < 10; ++i)
    world.append(0, number, std::vector<std::string>(1'024, std::string(1'024, 'x')));
  REQUIRE(heard.ended);
  REQUIRE(!*heard.ended);
  CHECK(heard.ended->error().code == errc::overloaded);
}

TEST_CASE("a watch tells what changes at most once a period, and the end") {
  jobs_world world{3};
  world.run_time = 500ms;
  REQUIRE(world.submit(0, "r", some_texts(8'000)));
  const auto id = world.id_of("r");
  const auto number = world.watch(1, id, 2s);
  const auto from = world.now().steady;
  const auto& news = world.at(1).news[number];
  REQUIRE(news.size() == 1);
  REQUIRE(world.run_until([&] { return news.back() && is_end(news.back()->header.state); }, 60s));
  const auto periods = static_cast<size_t>((world.now().steady - from) / 2s);
  CHECK(news.size() <= periods + 3);
  CHECK(news.size() >= 3);
  CHECK(news.back()->header.progress.items_done == 8'000);
}

TEST_CASE("tenants see their own jobs only, the latest first, page by page") {
  jobs_world world{1, one_node()};
  for (int i = 0; i < 5; ++i) {
    REQUIRE(world.submit(0, "r" + std::to_string(i), some_texts(1)));
    world.advance(10ms);
  }
  auto page = world.core(0).list({.tenant = "t", .jobs_max = 2}, world.now());
  std::vector<std::string> seen;
  while (page) {
    for (const auto& job : page->jobs)
      seen.push_back(job.header.spec.request_id);
    if (page->next.empty())
      break;
    page = world.core(0).list({.tenant = "t", .jobs_max = 2, .after = page->next}, world.now());
  }
  CHECK(seen == std::vector<std::string>{"r4", "r3", "r2", "r1", "r0"});
  CHECK(world.core(0).list({.tenant = "u"}, world.now())->jobs.empty());
  CHECK(world.core(0).list({.all_tenants = true}, world.now())->jobs.size() == 5);
  const auto other = world.core(0).get({.id = world.id_of("r0"), .tenant = "u"}, world.now());
  REQUIRE(!other);
  CHECK(other.error().code == errc::unknown_job);
}

TEST_CASE("a drained node takes no new submissions, those under way end") {
  jobs_world world{3};
  const auto number = world.open(0, "r");
  auto& heard = world.at(0).submissions[number];
  REQUIRE(world.run_until([&] { return heard.opened.has_value(); }));
  world.core(0).drain(world.now());
  const auto late = world.open(0, "s");
  REQUIRE(world.at(0).submissions[late].ended);
  CHECK(world.at(0).submissions[late].ended->error().code == errc::draining);
  world.append(0, number, some_texts(10));
  world.complete(0, number);
  CHECK(world.run_until([&] { return heard.ended && *heard.ended; }, 5s));
}

TEST_CASE("before the log is read everything is refused") {
  jobs_core core{node_id{1}, one_node()};
  const job_time now{time_point{} + 1h, wall_time{1h}};
  core.open(1, {.tenant = "t", .request_id = "r"}, now);
  core.asked(2, survey_job{}, now);
  const auto effects = core.take_effects();
  REQUIRE(effects.size() == 2);
  CHECK(std::get<submission_ended>(effects[0]).outcome.error().code == errc::unavailable);
  CHECK(std::get<answer_node>(effects[1]).answer.error().code == errc::unavailable);
  CHECK(!core.get({.all_tenants = true}, now));
}
