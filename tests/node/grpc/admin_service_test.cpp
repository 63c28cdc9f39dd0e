#include "runtime/settings/settings_values.hpp"
#include "tests/node/grpc/test_node.hpp"
#include "weft/v1/admin.grpc.pb.h"

#include <mutex>
#include <optional>
#include <string>
#include <utility>

using namespace weft;
using namespace weft::test;
namespace pb = weft::v1;

namespace {

/// Settings in this process, behind the door that actors stand behind otherwise; answers on another thread.
struct fake_settings {
  settings_door door() {
    return [this](settings_request request, std::function<void(result<settings_rows>)> done) {
      std::thread([this, request = std::move(request), done = std::move(done)] {
        auto rows = serve(request);
        done(std::move(rows));
      }).detach();
    };
  }
  result<settings_rows> serve(const settings_request& request) {
    const std::lock_guard hold(mutex);
    last = request;
    const wall_time now{std::chrono::milliseconds{1'800'000'000'123}};
    if (request.what == settings_request::verb::set) {
      auto entry = change_setting(map, request.key, request.value, node_id{0xabc}, now);
      if (!entry)
        return entry.error();
    } else if (request.what == settings_request::verb::clear_cache) {
      if (auto raised = raise_cache_generation(map, node_id{0xabc}, now); !raised)
        return raised.error();
      return map.list("cache.generation");
    } else if (request.what == settings_request::verb::remove) {
      auto entry = remove_setting(map, request.key, node_id{0xabc}, now);
      if (!entry)
        return entry.error();
      return settings_rows(1, *entry);
    } else if (request.what == settings_request::verb::get && map.find(request.key) == nullptr) {
      return failure{errc::unknown_setting, request.key + " is not set", {{"key", request.key}}};
    }
    return map.list(request.key);
  }

  std::mutex mutex;
  settings_map map;
  std::optional<settings_request> last;
};

struct admin_world {
  explicit admin_world(std::vector<api_key> keys = {}, bool with_settings = true)
      : node(answer, options(std::move(keys), with_settings)), stub(pb::AdminService::NewStub(node.channel)) {}

  grpc_server_options options(std::vector<api_key> keys, bool with_settings) {
    auto out = on_any_port();
    out.api_keys = std::move(keys);
    if (with_settings)
      out.settings = settings.door();
    out.cached = [this](cache_question question, const auto& done) {
      asked = question;
      if (question.model == "unknown")
        return done(failure{errc::unknown_model, "no such model"});
      cache_lookup found{.key = {1, 2}, .model = "m", .generation = 3, .owner = "n2", .owner_id = "0000000000000002"};
      if (question.text == "cached") {
        found.place = entry_place::store;
        found.age = std::chrono::milliseconds{1'500};
        found.bytes = 900;
      }
      done(std::move(found));
    };
    if (with_settings)
      out.backups = [](uint32_t keep, const auto& done) {
        if (keep == 9)
          return done(failure{errc::overloaded, "a backup is being made"});
        const wall_time created{std::chrono::milliseconds{1'800'000'000'123}};
        done(backup_made{{.id = 4, .created = created, .bytes = 5, .files = keep, .node = "n1", .format = 1}, "/b/n1"});
      };
    if (with_settings)
      out.compress_table = [this](const auto& done) {
        if (table)
          return done(*table);
        done(failure{errc::unavailable, "the compressor is starting again"});
      };
    return out;
  }
  grpc::Status describe_policy(pb::DescribePolicyResponse& out, const std::string& api_key = {}) const {
    grpc::ClientContext rpc;
    rpc.set_deadline(soon());
    if (!api_key.empty())
      rpc.AddMetadata("authorization", "Bearer " + api_key);
    return stub->DescribePolicy(&rpc, {}, &out);
  }
  grpc::Status create_backup(uint32_t keep, pb::CreateBackupResponse& out) {
    grpc::ClientContext rpc;
    rpc.set_deadline(soon());
    pb::CreateBackupRequest in;
    in.set_keep(keep);
    return stub->CreateBackup(&rpc, in, &out);
  }
  grpc::Status set(const std::string& key, const std::string& value, pb::Setting* now = nullptr,
                   const std::string& api_key = {}) {
    grpc::ClientContext rpc;
    rpc.set_deadline(soon());
    if (!api_key.empty())
      rpc.AddMetadata("authorization", "Bearer " + api_key);
    pb::SetSettingRequest in;
    in.set_key(key);
    in.set_value(value);
    pb::SetSettingResponse out;
    auto status = stub->SetSetting(&rpc, in, &out);
    if (now != nullptr)
      *now = out.setting();
    return status;
  }

  grpc::Status get_cached(const pb::GetCachedRequest& in, pb::GetCachedResponse& out) const {
    grpc::ClientContext rpc;
    rpc.set_deadline(soon());
    return stub->GetCached(&rpc, in, &out);
  }

  fake_settings settings;
  std::optional<cache_question> asked;
  std::optional<compress_table> table; ///< nothing: nobody knows at the moment
  test_node node;
  std::unique_ptr<pb::AdminService::Stub> stub;
};

} // namespace

TEST_CASE("settings are set, listed, read and removed over gRPC") {
  admin_world world;
  pb::Setting made;
  REQUIRE(world.set("tenant.acme", "suspended", &made).ok());
  CHECK(made.key() == "tenant.acme");
  CHECK(made.version() == 1);
  CHECK(made.writer() == "0000000000000abc");
  CHECK(made.changed_unix_ms() == 1'800'000'000'123);
  REQUIRE(world.set("cache.scope.embed", "shared").ok());
  {
    grpc::ClientContext rpc;
    rpc.set_deadline(soon());
    pb::ListSettingsRequest in;
    in.set_prefix("tenant.");
    pb::ListSettingsResponse out;
    REQUIRE(world.stub->ListSettings(&rpc, in, &out).ok());
    REQUIRE(out.settings_size() == 1);
    CHECK(out.settings(0).value() == "suspended");
    CHECK(rpc.GetServerInitialMetadata().count("x-request-id") == 1);
  }
  {
    grpc::ClientContext rpc;
    rpc.set_deadline(soon());
    pb::GetSettingRequest in;
    in.set_key("cache.scope.embed");
    pb::GetSettingResponse out;
    REQUIRE(world.stub->GetSetting(&rpc, in, &out).ok());
    CHECK(out.setting().value() == "shared");
  }
  pb::RemoveSettingRequest in;
  in.set_key("tenant.acme");
  pb::RemoveSettingResponse out;
  grpc::ClientContext first;
  first.set_deadline(soon());
  CHECK(world.stub->RemoveSetting(&first, in, &out).ok());
  grpc::ClientContext again;
  again.set_deadline(soon());
  CHECK(error_info(world.stub->RemoveSetting(&again, in, &out)).reason() == "INVALID_ARGUMENT");
}

TEST_CASE("clearing the cache answers its new generation") {
  admin_world world;
  for (uint64_t want : {1u, 2u}) {
    grpc::ClientContext rpc;
    rpc.set_deadline(soon());
    pb::ClearCacheResponse out;
    REQUIRE(world.stub->ClearCache(&rpc, {}, &out).ok());
    CHECK(out.generation() == want);
  }
  CHECK(eventually([&] { return world.node.meter->count("clear_cache", errc::none) == 2; }));
}

TEST_CASE("what is wrong with a setting is said with code, reason and key") {
  admin_world world;
  const auto wrong = world.set("tennant.acme", "suspended");
  CHECK(wrong.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(wrong.error_message().find("did you mean 'tenant.acme'?") != std::string::npos);
  CHECK(error_info(wrong).metadata().at("key") == "tennant.acme");
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  pb::GetSettingRequest in;
  in.set_key("tenant.nobody");
  pb::GetSettingResponse out;
  const auto unset = world.stub->GetSetting(&rpc, in, &out);
  CHECK(unset.error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(error_info(unset).reason() == "UNKNOWN_SETTING");
}

TEST_CASE("only operators may change settings") {
  const auto client = make_api_key();
  const auto boss = make_api_key();
  admin_world world{{{.name = "web", .tenant = "web", .caller = role::client, .hash = hash_api_key(client)},
                     {.name = "ops", .tenant = "ops", .caller = role::operator_, .hash = hash_api_key(boss)}}};
  CHECK(world.set("tenant.a", "suspended").error_code() == grpc::StatusCode::UNAUTHENTICATED);
  CHECK(world.set("tenant.a", "suspended", nullptr, client).error_code() == grpc::StatusCode::PERMISSION_DENIED);
  CHECK_FALSE(world.settings.last);
  CHECK(world.set("tenant.a", "suspended", nullptr, boss).ok());
}

TEST_CASE("a node that keeps no settings says so") {
  admin_world world{{}, false};
  const auto status = world.set("tenant.a", "suspended");
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(error_info(status).reason() == "UNAVAILABLE");
}

TEST_CASE("what is cached of a text is told, and what is not known is not said") {
  admin_world world;
  pb::GetCachedRequest in;
  in.set_text("cached");
  in.set_tenant("acme");
  in.mutable_options()->set_truncation_side(pb::TRUNCATION_SIDE_LEFT);
  pb::GetCachedResponse out;
  REQUIRE(world.get_cached(in, out).ok());
  REQUIRE(world.asked);
  CHECK(world.asked->tenant == "acme");
  CHECK(world.asked->options == embed_options{.side = truncation_side::left});
  CHECK(out.place() == pb::CACHE_PLACE_STORE);
  CHECK(out.age_ms() == 1'500);
  CHECK_FALSE(out.has_expires_in_ms());
  CHECK(out.key() == "00000000000000010000000000000002");
  CHECK(out.owner() == "n2");
  in.set_text("another");
  out.Clear();
  REQUIRE(world.get_cached(in, out).ok());
  CHECK(out.place() == pb::CACHE_PLACE_UNSPECIFIED);
  CHECK_FALSE(out.has_age_ms());
  in.set_model("unknown");
  CHECK(world.get_cached(in, out).error_code() == grpc::StatusCode::NOT_FOUND);
  in.mutable_options()->set_truncation_side(static_cast<pb::TruncationSide>(9));
  CHECK(world.get_cached(in, out).error_code() == grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("a backup is asked for with how many are to stay, and told with where it is") {
  admin_world world;
  pb::CreateBackupResponse out;
  REQUIRE(world.create_backup(3, out).ok());
  CHECK(out.folder() == "/b/n1");
  CHECK(out.backup().id() == 4);
  CHECK(out.backup().created_unix_ms() == 1'800'000'000'123);
  CHECK(out.backup().bytes() == 5);
  CHECK(out.backup().files() == 3);
  CHECK(out.backup().node() == "n1");
  CHECK(out.backup().format() == 1);
  const auto busy = world.create_backup(9, out);
  CHECK(busy.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(error_info(busy).reason() == "OVERLOADED");
  admin_world without{{}, false};
  CHECK(without.create_backup(0, out).error_code() == grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("the table by which auto compresses is told with what would change it") {
  admin_world world;
  pb::DescribePolicyResponse out;
  CHECK(error_info(world.describe_policy(out)).reason() == "UNAVAILABLE");
  world.table = compress_table{
      .text = "v1;prose=semantic", .version = "v1-01234567", .release_text = "v1;prose=ensemble", .texts_tried = 40};
  REQUIRE(world.describe_policy(out).ok());
  CHECK(out.text() == "v1;prose=semantic");
  CHECK(out.version() == "v1-01234567");
  CHECK(out.release_text() == "v1;prose=ensemble");
  CHECK(out.texts_tried() == 40);
  CHECK(out.proposed_text().empty());
  CHECK(out.proposed_version().empty());
  CHECK(out.changes_size() == 0);
  world.table->proposed_text = "v2;prose=ensemble";
  world.table->proposed_version = "v2-89abcdef";
  world.table->changes = {{.content = "prose", .size = "small", .from = "semantic", .to = "ensemble", .reason = "why"},
                          {.content = "log", .size = "large", .from = "template", .to = "frequency", .reason = "so"}};
  REQUIRE(world.describe_policy(out).ok());
  CHECK(out.proposed_text() == "v2;prose=ensemble");
  CHECK(out.proposed_version() == "v2-89abcdef");
  REQUIRE(out.changes_size() == 2);
  CHECK(out.changes(0).content() == "prose");
  CHECK(out.changes(0).size() == "small");
  CHECK(out.changes(0).from() == "semantic");
  CHECK(out.changes(0).to() == "ensemble");
  CHECK(out.changes(0).reason() == "why");
  CHECK(out.changes(1).content() == "log");
  CHECK(eventually([&] { return world.node.meter->count("describe_policy", errc::none) == 2; }));
}

TEST_CASE("only operators are told the table, and a node without a compressor has none") {
  const auto client = make_api_key();
  const auto boss = make_api_key();
  admin_world world{{{.name = "web", .tenant = "web", .caller = role::client, .hash = hash_api_key(client)},
                     {.name = "ops", .tenant = "ops", .caller = role::operator_, .hash = hash_api_key(boss)}}};
  world.table = compress_table{};
  pb::DescribePolicyResponse out;
  CHECK(world.describe_policy(out).error_code() == grpc::StatusCode::UNAUTHENTICATED);
  CHECK(world.describe_policy(out, client).error_code() == grpc::StatusCode::PERMISSION_DENIED);
  CHECK(world.describe_policy(out, boss).ok());
  admin_world without{{}, false};
  CHECK(without.describe_policy(out).error_code() == grpc::StatusCode::UNAVAILABLE);
}
