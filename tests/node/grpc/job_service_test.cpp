#include "tests/node/grpc/job_world.hpp"

#include <thread>

using namespace weft;
using namespace weft::test;
namespace pb = weft::v1;

namespace {

/// Runs a blocking call on another thread, and answers what the door is asked meanwhile.
template <class Call, class Answer> grpc::Status during(Call call, Answer answer) {
  grpc::Status status;
  std::thread caller([&] { status = call(); });
  answer();
  caller.join();
  return status;
}

std::unique_ptr<grpc::ClientContext> context_of(const std::string& key = {}) {
  auto out = std::make_unique<grpc::ClientContext>();
  out->set_deadline(soon());
  if (!key.empty())
    out->AddMetadata("authorization", "Bearer " + key);
  return out;
}

item_outcome vector_of(float value, size_t dimensions = 4) {
  return {.value = {.values = std::vector<float>(dimensions, value), .tokens = 5, .source = source::memory}};
}

results_page page_of(uint64_t first, std::vector<item_outcome> items) {
  segment_results results;
  results.model = "mini";
  results.model_version = "v1";
  results.items = std::move(items);
  results.usage = {.tokens = 50, .device_seconds = 0.5};
  return {first, std::make_shared<const segment_results>(std::move(results))};
}

struct results_client {
  results_client(const job_world& world, uint64_t from, bool failed_only = false) {
    rpc.set_deadline(soon());
    pb::JobServiceResultsRequest in;
    in.set_id(id_of(1));
    in.set_from_item(from);
    in.set_failed_only(failed_only);
    stream = world.stub->Results(&rpc, in);
  }
  pb::JobServiceResultsResponse next() {
    pb::JobServiceResultsResponse out;
    REQUIRE(stream->Read(&out));
    return out;
  }
  grpc::Status end() {
    for (pb::JobServiceResultsResponse out; stream->Read(&out);)
      ;
    return stream->Finish();
  }
  grpc::ClientContext rpc;
  std::unique_ptr<grpc::ClientReader<pb::JobServiceResultsResponse>> stream;
};

} // namespace

TEST_CASE("a job is got with its state, counts, speed and times") {
  job_world world;
  pb::JobServiceGetRequest in;
  in.set_id(id_of(1));
  pb::JobServiceGetResponse out;
  const auto rpc = context_of();
  const auto status = during([&] { return world.stub->Get(rpc.get(), in, &out); },
                             [&] {
                               REQUIRE(eventually([&] { return world.door->has_get(); }));
                               const auto asked = world.door->take_get();
                               CHECK(to_text(asked.question.id) == id_of(1));
                               CHECK(asked.question.all_tenants); // no keys: everybody sees all
                               auto job = some_job(1, 100);
                               job.header.state = job_state::done_with_failures;
                               job.header.items_total = 100;
                               job.header.progress.items_done = 100;
                               job.header.progress.items_failed = 2;
                               job.header.progress.items_cached = 30;
                               job.header.progress.tokens = 1'234;
                               job.header.ended = wall_time{std::chrono::milliseconds{1'800'000'100'000}};
                               job.items_per_second = 12.5;
                               job.time_left = std::chrono::milliseconds{7};
                               asked.done(job);
                             });
  REQUIRE(status.ok());
  const auto& job = out.job();
  CHECK(job.id() == id_of(1));
  CHECK(job.tenant() == "acme");
  CHECK(job.operation() == "embed");
  CHECK(job.state() == pb::JOB_STATE_DONE_WITH_FAILURES);
  CHECK(job.priority() == pb::JOB_PRIORITY_NORMAL);
  CHECK(job.options().normalize());
  CHECK(job.items_total() == 100);
  CHECK(job.items_done() == 100);
  CHECK(job.items_failed() == 2);
  CHECK(job.items_cached() == 30);
  CHECK(job.usage().tokens() == 1'234);
  CHECK(job.created_unix_ms() == 1'800'000'000'000);
  CHECK(job.expires_unix_ms() == 1'800'000'360'000);
  CHECK(job.ended_unix_ms() == 1'800'000'100'000);
  CHECK(job.retention_ms() == 86'400'000);
  CHECK(job.items_per_second() == 12.5);
  CHECK(job.time_left_ms() == 7);
}

TEST_CASE("an id that is none is refused, an unknown job is said to be so, and a node without jobs says that") {
  job_world world;
  pb::JobServiceGetRequest in;
  pb::JobServiceGetResponse out;
  in.set_id("17");
  const auto wrong = world.stub->Get(context_of().get(), in, &out);
  CHECK(wrong.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(error_info(wrong).metadata().at("field") == "id");
  in.set_id(id_of(9));
  const auto rpc = context_of();
  const auto unknown = during([&] { return world.stub->Get(rpc.get(), in, &out); },
                              [&] {
                                REQUIRE(eventually([&] { return world.door->has_get(); }));
                                world.door->take_get().done(failure{errc::unknown_job, "no such job"});
                              });
  CHECK(unknown.error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(error_info(unknown).reason() == "UNKNOWN_JOB");
  test_node none;
  const auto stub = pb::JobService::NewStub(none.channel);
  CHECK(error_info(stub->Get(context_of().get(), in, &out)).reason() == "UNAVAILABLE");
  const auto watching = context_of();
  pb::JobServiceWatchRequest watch;
  watch.set_id(id_of(1));
  CHECK(error_info(stub->Watch(watching.get(), watch)->Finish()).reason() == "UNAVAILABLE");
  const auto submitting = context_of();
  CHECK(error_info(stub->Submit(submitting.get())->Finish()).reason() == "UNAVAILABLE");
}

TEST_CASE("jobs are listed page by page, by state, of the caller's tenant or, for operators, of all") {
  const job_keys keys;
  job_world world{keys.options()};
  pb::JobServiceListRequest in;
  in.add_states(pb::JOB_STATE_RUNNING);
  in.add_states(pb::JOB_STATE_EXPIRED);
  in.set_page_size(7'000);
  in.set_page_token("from here");
  pb::JobServiceListResponse out;
  const auto rpc = context_of(keys.client);
  const auto status =
      during([&] { return world.stub->List(rpc.get(), in, &out); },
             [&] {
               REQUIRE(eventually([&] { return world.door->has_list(); }));
               const auto asked = world.door->take_list();
               CHECK(asked.question.tenant == "acme");
               CHECK_FALSE(asked.question.all_tenants);
               CHECK(asked.question.states == std::vector<job_state>{job_state::running, job_state::expired});
               CHECK(asked.question.jobs_max == 1'000);
               CHECK(asked.question.after == "from here");
               asked.done(job_page{{some_job(2), some_job(1)}, "further"});
             });
  REQUIRE(status.ok());
  REQUIRE(out.jobs_size() == 2);
  CHECK(out.jobs(0).id() == id_of(2));
  CHECK(out.next_page_token() == "further");

  in.Clear();
  in.set_all_tenants(true);
  CHECK(error_info(world.stub->List(context_of(keys.client).get(), in, &out)).reason() == "PERMISSION_DENIED");
  const auto boss = context_of(keys.boss);
  CHECK(during([&] { return world.stub->List(boss.get(), in, &out); },
               [&] {
                 REQUIRE(eventually([&] { return world.door->has_list(); }));
                 const auto asked = world.door->take_list();
                 CHECK(asked.question.all_tenants);
                 CHECK(asked.question.jobs_max == 100);
                 asked.done(job_page{});
               })
            .ok());
  in.add_states(pb::JOB_STATE_UNSPECIFIED);
  CHECK(error_info(world.stub->List(context_of(keys.boss).get(), in, &out)).metadata().at("field") == "states");
}

TEST_CASE("answers have a share of the node's memory before they are asked for") {
  auto options = on_any_port();
  options.reply_bytes_max = 100 << 10;
  job_world world{options};
  pb::JobServiceListRequest in;
  in.set_page_size(100);
  pb::JobServiceListResponse out;
  const auto rpc = context_of();
  CHECK(during([&] { return world.stub->List(rpc.get(), in, &out); },
               [&] {
                 REQUIRE(eventually([&] { return world.door->has_list(); }));
                 const auto refused = world.stub->List(context_of().get(), in, &out);
                 CHECK(refused.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
                 CHECK(error_info(refused).reason() == "OVERLOADED");
                 world.door->take_list().done(job_page{});
               })
            .ok());
}

TEST_CASE("a tenant asks for its own jobs only, an operator for all") {
  const job_keys keys;
  job_world world{keys.options()};
  for (const auto& [key, tenant, all] : {std::tuple{keys.client, "acme", false}, {keys.boss, "ops", true}}) {
    CAPTURE(tenant);
    pb::JobServiceCancelRequest in;
    in.set_id(id_of(1));
    pb::JobServiceCancelResponse out;
    const auto rpc = context_of(key);
    const auto status = during([&] { return world.stub->Cancel(rpc.get(), in, &out); },
                               [&] {
                                 REQUIRE(eventually([&] { return world.door->has_cancel(); }));
                                 const auto asked = world.door->take_cancel();
                                 CHECK(asked.question.tenant == tenant);
                                 CHECK(asked.question.all_tenants == all);
                                 auto job = some_job(1);
                                 job.header.state = job_state::cancelled;
                                 asked.done(job);
                               });
    REQUIRE(status.ok());
    CHECK(out.job().state() == pb::JOB_STATE_CANCELLED);
  }
  CHECK(eventually([&] { return world.node.meter->count("cancel_job", errc::none) == 2; }));
}

TEST_CASE("a watch tells the job at once and at last; what a slow client missed in between it does not get") {
  job_world world;
  pb::JobServiceWatchRequest in;
  in.set_id(id_of(1));
  in.set_period_ms(5);
  const auto rpc = context_of();
  const auto stream = world.stub->Watch(rpc.get(), in);
  REQUIRE(eventually([&] { return world.door->has_watch(); }));
  const auto watched = world.door->watch_at();
  CHECK(watched.period == std::chrono::milliseconds{100});
  watched.news(some_job(1));
  pb::JobServiceWatchResponse out;
  REQUIRE(stream->Read(&out));
  CHECK(out.job().state() == pb::JOB_STATE_PENDING);
  constexpr uint64_t many = 100'000;
  for (uint64_t i = 1; i < many; ++i)
    watched.news(some_job(1, i));
  auto done = some_job(1, many);
  done.header.state = job_state::done;
  watched.news(done);
  uint64_t news = 0;
  uint64_t last = 0;
  for (; stream->Read(&out); ++news) {
    CHECK(out.job().items_durable() > last);
    last = out.job().items_durable();
  }
  CHECK(stream->Finish().ok());
  CHECK(last == many);
  CHECK(news < many);
  CHECK(eventually([&] { return world.door->watch_at().gone; }));
}

TEST_CASE("a watch ends with its job's error, with its client and with its node") {
  pb::JobServiceWatchRequest in;
  in.set_id(id_of(1));
  for (const std::string how : {"error", "client", "node"}) {
    CAPTURE(how);
    job_world world;
    const auto rpc = context_of();
    const auto stream = world.stub->Watch(rpc.get(), in);
    REQUIRE(eventually([&] { return world.door->has_watch(); }));
    CHECK(world.door->watch_at().period == std::chrono::milliseconds{1'000});
    if (how == "error")
      world.door->watch_at().news(failure{errc::unknown_job, "no such job"});
    else if (how == "client")
      rpc->TryCancel();
    else
      world.node.server.drain({});
    pb::JobServiceWatchResponse out;
    CHECK_FALSE(stream->Read(&out));
    const auto status = stream->Finish();
    if (how == "client")
      CHECK(status.error_code() == grpc::StatusCode::CANCELLED);
    else
      CHECK(error_info(status).reason() == (how == "error" ? "UNKNOWN_JOB" : "DRAINING"));
    CHECK(eventually([&] { return world.door->watch_at().gone; }));
    world.door->watch_at().news(some_job(1)); // too late for anybody
  }
}

TEST_CASE("streams end at their client's deadline, and let go of what is behind them") {
  job_world world;
  const auto soon_over = [] {
    auto out = std::make_unique<grpc::ClientContext>();
    out->set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds{300});
    return out;
  };
  pb::JobServiceWatchRequest watch;
  watch.set_id(id_of(1));
  const auto watching = soon_over();
  CHECK(world.stub->Watch(watching.get(), watch)->Finish().error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);
  pb::JobServiceResultsRequest results;
  results.set_id(id_of(1));
  const auto reading = soon_over();
  CHECK(world.stub->Results(reading.get(), results)->Finish().error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);
  const auto submitting = soon_over();
  const auto stream = world.stub->Submit(submitting.get());
  pb::JobServiceSubmitRequest open;
  open.mutable_open()->set_request_id("r");
  stream->Write(open);
  CHECK(stream->Finish().error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);
  CHECK(eventually([&] { return world.door->has_watch() && world.door->watch_at().gone; }));
  CHECK(eventually([&] { return world.door->has_reader() && world.door->reader_at().gone; }));
  CHECK(eventually([&] { return world.door->has_opened() && world.door->open_at().gone; }));
}

TEST_CASE("results come in order with their places, failures with their reasons, and usage once a segment") {
  job_world world;
  results_client client(world, 0);
  REQUIRE(eventually([&] { return world.door->has_reader() && world.door->reader_at().wanted == 1; }));
  CHECK(world.door->reader_at().from == 0);
  const auto listener = world.door->reader_at().listener;
  listener->on_page(page_of(0, {vector_of(1), {.code = errc::invalid_utf8, .message = "byte 7"}, vector_of(3)}));
  const auto first = client.next();
  REQUIRE(first.items_size() == 3);
  CHECK(first.info().model() == "mini");
  CHECK(first.info().model_version() == "v1");
  CHECK(first.info().dimensions() == 4);
  CHECK(first.info().usage().tokens() == 50);
  CHECK(first.items(0).index() == 0);
  CHECK(first.items(0).embedding().values(3) == 1);
  CHECK(first.items(0).embedding().tokens() == 5);
  CHECK(first.items(0).embedding().source() == pb::SOURCE_MEMORY);
  CHECK(first.items(1).error().reason() == "INVALID_UTF8");
  CHECK(first.items(1).error().message() == "byte 7");
  CHECK(first.items(2).index() == 2);
  REQUIRE(eventually([&] { return world.door->reader_at().wanted == 2; }));
  listener->on_page(page_of(3, {vector_of(4)}));
  CHECK(client.next().items(0).index() == 3);
  listener->on_end(ok);
  CHECK(client.end().ok());
  CHECK(eventually([&] { return world.door->reader_at().gone; }));
  CHECK(eventually([&] { return world.node.meter->count("read_results", errc::none) == 1; }));
}

TEST_CASE("a reader that goes on in the middle of a segment gets the rest of it, without its usage") {
  job_world world;
  results_client client(world, 11);
  REQUIRE(eventually([&] { return world.door->has_reader(); }));
  CHECK(world.door->reader_at().from == 11);
  world.door->reader_at().listener->on_page(page_of(10, {vector_of(1), vector_of(2)}));
  const auto page = client.next();
  REQUIRE(page.items_size() == 1);
  CHECK(page.items(0).index() == 11);
  CHECK(page.info().dimensions() == 4);
  CHECK_FALSE(page.info().has_usage());
  world.door->reader_at().listener->on_end(ok);
  CHECK(client.end().ok());
}

TEST_CASE("a page whose first items were left out before it came here has no usage either") {
  job_world world;
  results_client client(world, 11);
  REQUIRE(eventually([&] { return world.door->has_reader(); }));
  auto page = page_of(11, {vector_of(1)});
  page.whole = false;
  world.door->reader_at().listener->on_page(page);
  world.door->reader_at().listener->on_page(page_of(12, {vector_of(2)}));
  CHECK_FALSE(client.next().info().has_usage());
  CHECK(client.next().info().usage().tokens() == 50);
  world.door->reader_at().listener->on_end(ok);
  CHECK(client.end().ok());
}

TEST_CASE("only failures are sent where only they are wanted, and pages without any cost nothing") {
  job_world world;
  results_client client(world, 0, true);
  REQUIRE(eventually([&] { return world.door->has_reader(); }));
  const auto listener = world.door->reader_at().listener;
  listener->on_page(page_of(0, {vector_of(1), vector_of(2)}));
  REQUIRE(eventually([&] { return world.door->reader_at().wanted == 2; }));
  listener->on_page(page_of(2, {vector_of(1), {.code = errc::engine_failed, .message = "3 nodes failed on it"}}));
  const auto page = client.next();
  REQUIRE(page.items_size() == 1);
  CHECK(page.items(0).index() == 3);
  CHECK(page.items(0).error().reason() == "ENGINE_FAILED");
  listener->on_end(ok);
  CHECK(client.end().ok());
}

TEST_CASE(
    "a large segment leaves in messages that every client takes, and the next one is asked for when it has left") {
  job_world world;
  results_client client(world, 0);
  REQUIRE(eventually([&] { return world.door->has_reader(); }));
  std::vector<item_outcome> items;
  constexpr size_t count = 256, dimensions = 40'000; // 41 MB: more than the windows on the way
  for (size_t i = 0; i < count; ++i)
    items.push_back(vector_of(static_cast<float>(i), dimensions));
  world.door->reader_at().listener->on_page(page_of(0, std::move(items)));
  CHECK(world.door->reader_at().wanted == 1); // nothing is read yet
  uint64_t next = 0;
  for (int messages = 0; next < count; ++messages) {
    const auto page = client.next();
    CHECK(page.ByteSizeLong() < (4 << 20));
    CHECK(page.has_info() == (messages == 0));
    for (const auto& item : page.items()) {
      CHECK(item.index() == next);
      CHECK(item.embedding().values(0) == static_cast<float>(next++));
    }
  }
  CHECK(eventually([&] { return world.door->reader_at().wanted == 2; }));
  world.door->reader_at().listener->on_end(failure{errc::unavailable, "no node has segment 1"});
  CHECK(error_info(client.end()).reason() == "UNAVAILABLE");
}

TEST_CASE("results end with their node and with their client, which go on elsewhere") {
  for (const bool drain : {true, false}) {
    CAPTURE(drain);
    job_world world;
    results_client client(world, 0);
    REQUIRE(eventually([&] { return world.door->has_reader(); }));
    const auto listener = world.door->reader_at().listener;
    if (drain)
      world.node.server.drain({});
    else
      client.rpc.TryCancel();
    const auto status = client.end();
    if (drain)
      CHECK(error_info(status).reason() == "DRAINING");
    else
      CHECK(status.error_code() == grpc::StatusCode::CANCELLED);
    CHECK(eventually([&] { return world.door->reader_at().gone; }));
    listener->on_page(page_of(0, {vector_of(1)})); // too late for anybody
    listener->on_end(ok);
  }
}
