#include "tests/node/grpc/job_world.hpp"
#include "tests/node/grpc/raw_call.hpp"

#include <atomic>
#include <thread>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;
namespace pb = weft::v1;

TEST_CASE("a submission opens the job, hands its texts on, tells what is durable, and ends with the job") {
  job_world world;
  submit_client client(world);
  pb::JobServiceSubmitRequest in;
  auto& open = *in.mutable_open();
  open.set_request_id("night 17");
  open.set_model("mini");
  open.mutable_embed()->set_truncation_side(pb::TRUNCATION_SIDE_LEFT);
  open.mutable_embed()->set_normalize(false);
  open.set_priority(pb::JOB_PRIORITY_BATCH);
  open.mutable_durability()->set_synced(3);
  open.set_expires_in_ms(60'000);
  open.set_retention_ms(3'600'000);
  REQUIRE(client.stream->Write(in));
  REQUIRE(eventually([&] { return world.door->has_opened(); }));
  const auto asked = world.door->open_at();
  CHECK(asked.opening.request_id == "night 17");
  CHECK(asked.opening.model == "mini");
  CHECK(asked.opening.options == embed_options{.normalize = false, .side = truncation_side::left});
  CHECK(asked.opening.priority == priority::batch);
  CHECK(asked.opening.synced == 3U);
  CHECK(asked.opening.expires_in == std::chrono::milliseconds{60'000});
  CHECK(asked.opening.retention == std::chrono::milliseconds{3'600'000});

  asked.listener->on_open(some_job(1));
  const auto opened = client.next();
  REQUIRE(opened.has_opened());
  CHECK(opened.opened().items_durable() == 0);
  CHECK(opened.opened().job().id() == id_of(1));
  CHECK(opened.opened().job().state() == pb::JOB_STATE_PENDING);
  CHECK(opened.opened().job().durability().synced() == 2);
  CHECK(opened.opened().job().durability().copies() == 3);
  CHECK(opened.opened().job().home_region() == "local");
  CHECK(opened.opened().job().log().writer() == "0000000000000abc");
  CHECK(opened.opened().job().log().sequence() == 7);
  CHECK_FALSE(opened.opened().job().has_items_total());

  REQUIRE(client.send({"a", "b"}));
  REQUIRE(client.send({"c"}, true));
  REQUIRE(eventually([&] { return world.door->open_at().complete; }));
  CHECK(world.door->open_at().texts == std::vector<std::string>{"a", "b", "c"});
  asked.listener->on_durable(3);
  CHECK(client.next().durable().items() == 3);
  auto job = some_job(1, 3);
  job.header.state = job_state::running;
  job.header.items_total = 3;
  asked.listener->on_end(job);
  const auto completed = client.next();
  REQUIRE(completed.has_completed());
  CHECK(completed.completed().job().state() == pb::JOB_STATE_RUNNING);
  CHECK(completed.completed().job().items_total() == 3);
  CHECK(client.end().ok());
  CHECK(client.rpc.GetServerInitialMetadata().count("x-request-id") == 1);
  CHECK(eventually([&] { return world.door->open_at().gone; }));
  CHECK(eventually([&] { return world.node.meter->count("submit_job", errc::none) == 1; }));
}

TEST_CASE("a retry goes on with the first item that is not durable, whether its client waits to hear which or not") {
  for (const bool waits : {true, false}) {
    CAPTURE(waits);
    job_world world;
    submit_client client(world);
    REQUIRE(client.open("again"));
    if (!waits) { // sends all from the beginning
      pb::JobServiceSubmitRequest in;
      in.set_first_item(0);
      for (const char* text : {"a", "b", "c", "d"})
        in.add_texts(text);
      in.set_complete(true);
      REQUIRE(client.stream->Write(in));
    }
    REQUIRE(eventually([&] { return world.door->has_opened(); }));
    CHECK(world.door->open_at().appends == 0);
    world.door->open_at().listener->on_open(some_job(1, 2));
    CHECK(client.next().opened().items_durable() == 2);
    if (waits)
      REQUIRE(client.send({"c", "d"}, true));
    REQUIRE(eventually([&] { return world.door->open_at().complete; }));
    CHECK(world.door->open_at().texts == std::vector<std::string>{"c", "d"});
    world.door->open_at().listener->on_end(some_job(1, 4));
    CHECK(client.end().ok());
  }
}

TEST_CASE("texts may come with the opening, and any bytes are texts") {
  job_world world;
  submit_client client(world);
  pb::JobServiceSubmitRequest in;
  in.mutable_open()->set_request_id("r");
  in.add_texts("first");
  REQUIRE(client.stream->Write(in));
  REQUIRE(eventually([&] { return world.door->has_opened(); }));
  world.door->open_at().listener->on_open(some_job(1));
  REQUIRE(eventually([&] { return world.door->open_at().texts == std::vector<std::string>{"first"}; }));
  // A generated client would complain of the bytes; other languages' do not all look.
  const std::string message{"\x1a\x02\xff\xfe\x20\x01"}; // texts, complete
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  raw_stream other(world.node.channel, rpc, "/weft.v1.JobService/Submit");
  REQUIRE(other.write(in.SerializeAsString()));
  REQUIRE(eventually([&] { return world.door->has_opened(1); }));
  world.door->open_at(1).listener->on_open(some_job(1));
  REQUIRE(other.write(message));
  REQUIRE(eventually([&] { return world.door->open_at(1).complete; }));
  CHECK(world.door->open_at(1).texts == std::vector<std::string>{"first", "\xff\xfe"});
  rpc.TryCancel();
  other.finish();
}

TEST_CASE("a stream that is cut, or half-closed without `complete`, completes nothing") {
  for (const bool cut : {true, false}) {
    CAPTURE(cut);
    job_world world;
    submit_client client(world);
    REQUIRE(client.open("r"));
    REQUIRE(eventually([&] { return world.door->has_opened(); }));
    world.door->open_at().listener->on_open(some_job(1));
    client.next();
    REQUIRE(client.send({"a"}));
    if (cut)
      client.rpc.TryCancel();
    else
      client.stream->WritesDone();
    const auto status = client.end();
    CHECK(status.error_code() == (cut ? grpc::StatusCode::CANCELLED : grpc::StatusCode::INVALID_ARGUMENT));
    CHECK(eventually([&] { return world.door->open_at().gone; }));
    CHECK_FALSE(world.door->open_at().complete);
    CHECK(eventually(
        [&] { return world.node.meter->count("submit_job", cut ? errc::cancelled : errc::invalid_argument) == 1; }));
    world.door->open_at().listener->on_durable(1); // too late for anybody
    world.door->open_at().listener->on_end(some_job(1, 1));
  }
}

TEST_CASE("what the job refuses ends the stream with its reason, after what is durable was told") {
  job_world world;
  submit_client client(world);
  REQUIRE(client.open("r"));
  REQUIRE(eventually([&] { return world.door->has_opened(); }));
  const auto listener = world.door->open_at().listener;
  listener->on_open(some_job(1));
  listener->on_durable(256);
  listener->on_durable(512);
  listener->on_end(failure{errc::no_quorum, "1 of 3 nodes answers", {{"synced", "2"}}});
  CHECK(client.next().has_opened());
  uint64_t durable = 0;
  for (pb::JobServiceSubmitResponse out; client.stream->Read(&out);)
    durable = out.durable().items();
  CHECK(durable == 512);
  const auto status = client.stream->Finish();
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(error_info(status).reason() == "NO_QUORUM");
  CHECK(error_info(status).metadata().at("synced") == "2");
}

TEST_CASE("what is wrong with an opening is named") {
  struct row {
    const char* field;
    std::function<void(pb::JobServiceSubmitRequest&)> spoil;
  };
  const row rows[] = {
      {"open", [](auto& in) { in.clear_open(); }},
      {"open.request_id", [](auto& in) { in.mutable_open()->clear_request_id(); }},
      {"open.request_id", [](auto& in) { in.mutable_open()->set_request_id(std::string(129, 'x')); }},
      {"open.priority", [](auto& in) { in.mutable_open()->set_priority(static_cast<pb::JobPriority>(9)); }},
      {"open.durability.copies", [](auto& in) { in.mutable_open()->mutable_durability()->set_copies(2); }},
      {"open.expires_in_ms", [](auto& in) { in.mutable_open()->set_expires_in_ms(0); }},
      {"open.retention_ms", [](auto& in) { in.mutable_open()->set_retention_ms(-5); }},
      {"open.embed.truncation_side",
       [](auto& in) { in.mutable_open()->mutable_embed()->set_truncation_side(static_cast<pb::TruncationSide>(7)); }}};
  job_world world;
  for (const auto& [field, spoil] : rows) {
    CAPTURE(field);
    submit_client client(world);
    pb::JobServiceSubmitRequest in;
    in.mutable_open()->set_request_id("r");
    spoil(in);
    client.stream->Write(in);
    const auto status = client.end();
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK(error_info(status).metadata().at("field") == field);
  }
  CHECK_FALSE(world.door->has_opened());
}

TEST_CASE("a second opening and a gap end the stream") {
  for (const bool gap : {true, false}) {
    CAPTURE(gap);
    job_world world;
    submit_client client(world);
    REQUIRE(client.open("r"));
    REQUIRE(eventually([&] { return world.door->has_opened(); }));
    world.door->open_at().listener->on_open(some_job(1, 5));
    client.next();
    pb::JobServiceSubmitRequest in;
    if (gap)
      in.set_first_item(6);
    else
      in.mutable_open()->set_request_id("r");
    in.add_texts("x");
    client.stream->Write(in);
    const auto status = client.end();
    CHECK(error_info(status).reason() == "INVALID_ARGUMENT");
    CHECK(error_info(status).metadata().at("field") == (gap ? "first_item" : "open"));
    CHECK(eventually([&] { return world.door->open_at().gone; }));
  }
}

TEST_CASE("jobs belong to their key's tenant, and high priority to operators") {
  const job_keys keys;
  job_world world{keys.options()};
  {
    submit_client stranger(world);
    stranger.open("r");
    CHECK(stranger.end().error_code() == grpc::StatusCode::UNAUTHENTICATED);
  }
  for (const auto& [key, tenant, allowed] : {std::tuple{keys.client, "acme", false}, {keys.boss, "ops", true}}) {
    CAPTURE(tenant);
    submit_client client(world, key);
    pb::JobServiceSubmitRequest in;
    in.mutable_open()->set_request_id("r");
    in.mutable_open()->set_priority(pb::JOB_PRIORITY_HIGH);
    client.stream->Write(in);
    if (!allowed) {
      CHECK(error_info(client.end()).reason() == "PERMISSION_DENIED");
      continue;
    }
    REQUIRE(eventually([&] { return world.door->has_opened(); }));
    CHECK(world.door->open_at().opening.tenant == tenant);
    CHECK(world.door->open_at().opening.priority == priority::high);
    client.rpc.TryCancel();
    client.end();
  }
  submit_client batch(world, keys.client, {{"x-weft-priority", "batch"}});
  batch.open("r");
  REQUIRE(eventually([&] { return world.door->has_opened(1); }));
  CHECK(world.door->open_at(1).opening.tenant == "acme");
  CHECK(world.door->open_at(1).opening.priority == priority::batch);
  batch.rpc.TryCancel();
  batch.end();
}

TEST_CASE("a client is stopped by flow control while its texts are not durable, and goes on when they are") {
  job_world world;
  submit_client client(world);
  REQUIRE(client.open("r"));
  REQUIRE(eventually([&] { return world.door->has_opened(); }));
  const auto listener = world.door->open_at().listener;
  listener->on_open(some_job(1));
  constexpr size_t messages = 200; // of 256 KiB: 50 MiB are far beyond all windows on the way
  const std::string text(1 << 18, 'x');
  std::atomic<size_t> sent{0};
  std::thread writer([&] {
    for (; sent < messages && client.send({text}, sent + 1 == messages); ++sent)
      ;
  });
  constexpr size_t full = submission_window / (1 << 18);
  REQUIRE(eventually([&] { return world.door->open_at().appends >= full; }));
  CHECK(world.door->open_at().appends <= full + 1);
  CHECK(sent < messages);
  for (uint64_t durable = 0; durable < messages;) {
    durable = world.door->open_at().texts.size();
    listener->on_durable(durable);
    REQUIRE(eventually([&] { return durable == messages || world.door->open_at().texts.size() > durable; }));
    CHECK(world.door->open_at().texts.size() <= durable + full + 1);
  }
  writer.join();
  listener->on_end(some_job(1, messages));
  CHECK(client.end().ok());
}

TEST_CASE("a message larger than the window goes on, though the texts behind the last whole segment wait for more") {
  job_world world;
  submit_client client(world);
  REQUIRE(client.open("r"));
  REQUIRE(eventually([&] { return world.door->has_opened(); }));
  const auto listener = world.door->open_at().listener;
  listener->on_open(some_job(1));
  REQUIRE(client.send(std::vector<std::string>(100, std::string(100'000, 'x')))); // 10 MB: 9 segments, and 10 texts
  REQUIRE(eventually([&] { return world.door->open_at().texts.size() == 100; }));
  REQUIRE(client.send({}, true));
  CHECK_FALSE(world.door->open_at().complete);
  listener->on_durable(90);
  REQUIRE(eventually([&] { return world.door->open_at().complete; }));
  listener->on_durable(100);
  listener->on_end(some_job(1, 100));
  CHECK(client.end().ok());
}

TEST_CASE("all submissions together hold no more than the node's share, and each goes on when others let go") {
  auto options = on_any_port();
  options.submission_bytes_max = 2 << 20; // beyond a segment of each
  job_world world{options};
  submit_client greedy(world), late(world);
  REQUIRE(greedy.open("greedy"));
  REQUIRE(eventually([&] { return world.door->has_opened(0); }));
  REQUIRE(late.open("late"));
  REQUIRE(eventually([&] { return world.door->has_opened(1); }));
  for (const size_t i : {0, 1})
    world.door->open_at(i).listener->on_open(some_job(i));
  const std::string text(1'500'000, 'x');
  for (int i = 0; i < 2; ++i)
    REQUIRE(greedy.send({text}));
  REQUIRE(eventually([&] { return world.door->open_at(0).texts.size() == 2; }));
  REQUIRE(late.send({text})); // does not fit
  REQUIRE(late.send({}));     // nor is anything behind it read
  REQUIRE(eventually([&] { return world.door->open_at(0).appends == 2; }));
  CHECK(world.door->open_at(1).appends == 0);
  world.door->open_at(0).listener->on_durable(1);
  CHECK(eventually([&] { return world.door->open_at(1).appends == 1; }));
  for (auto* client : {&greedy, &late}) {
    client->rpc.TryCancel();
    client->end();
  }
}

TEST_CASE("a node that drains ends submissions at once, but not those that have all their texts") {
  job_world world;
  submit_client open(world), complete(world);
  for (auto* client : {&open, &complete})
    REQUIRE(client->open("r"));
  REQUIRE(eventually([&] { return world.door->has_opened(1); }));
  for (const size_t i : {0, 1})
    world.door->open_at(i).listener->on_open(some_job(i));
  for (auto* client : {&open, &complete})
    client->next();
  REQUIRE(complete.send({"a"}, true));
  REQUIRE(eventually([&] { return world.door->open_at(0).complete || world.door->open_at(1).complete; }));
  const size_t done = world.door->open_at(0).complete ? 0 : 1;
  std::atomic<bool> ended{false};
  world.node.server.drain([&] { ended = true; });
  const auto status = open.end();
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(error_info(status).reason() == "DRAINING");
  CHECK(eventually([&] { return world.door->open_at(1 - done).gone; }));
  CHECK_FALSE(world.door->open_at(done).gone);
  CHECK_FALSE(ended);
  world.door->open_at(done).listener->on_end(some_job(1, 1));
  CHECK(complete.end().ok());
  CHECK(eventually([&] { return ended.load(); }));
  submit_client late(world);
  late.open("r");
  CHECK(error_info(late.end()).reason() == "DRAINING");
}
