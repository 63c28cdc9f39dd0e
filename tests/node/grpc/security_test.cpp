#include "node/grpc/listen_probe.hpp"
#include "tei/v1/tei.grpc.pb.h"
#include "tests/node/grpc/certificates.hpp"
#include "tests/node/grpc/test_node.hpp"
#include "weft/v1/node.grpc.pb.h"

#include <cerrno>
#include <sys/socket.h>

namespace pb = weft::v1;
using weft::errc;
using weft::role;
using weft::test::certificates;
using weft::test::soon;
using weft::test::test_node;

namespace {

void authorize(grpc::ClientContext& rpc, const std::string& header) {
  rpc.set_deadline(soon());
  if (!header.empty())
    rpc.AddMetadata("authorization", header);
}

grpc::Status embed(const std::shared_ptr<grpc::Channel>& channel, const std::string& header = "") {
  grpc::ClientContext rpc;
  authorize(rpc, header);
  pb::EmbedRequest in;
  in.add_texts("x");
  pb::EmbedResponse out;
  const auto status = pb::EmbedService::NewStub(channel)->Embed(&rpc, in, &out);
  CHECK(rpc.GetServerInitialMetadata().count("x-request-id") + rpc.GetServerTrailingMetadata().count("x-request-id") <=
        1);
  return status;
}

grpc::Status embed_stream(const test_node& node, const std::string& header) {
  grpc::ClientContext rpc;
  authorize(rpc, header);
  const auto stub = pb::EmbedService::NewStub(node.channel);
  const auto stream = stub->EmbedStream(&rpc);
  stream->WritesDone();
  pb::EmbedStreamResponse out;
  while (stream->Read(&out))
    ;
  return stream->Finish();
}

grpc::Status tei_embed(const test_node& node, const std::string& header) {
  grpc::ClientContext rpc;
  authorize(rpc, header);
  tei::v1::EmbedRequest in;
  in.set_inputs("x");
  tei::v1::EmbedResponse out;
  return tei::v1::Embed::NewStub(node.channel)->Embed(&rpc, in, &out);
}

grpc::Status tei_info(const test_node& node, const std::string& header) {
  grpc::ClientContext rpc;
  authorize(rpc, header);
  tei::v1::InfoResponse out;
  return tei::v1::Info::NewStub(node.channel)->Info(&rpc, {}, &out);
}

grpc::Status get_node(const test_node& node, const std::string& header) {
  grpc::ClientContext rpc;
  authorize(rpc, header);
  pb::GetNodeResponse out;
  return pb::NodeService::NewStub(node.channel)->GetNode(&rpc, {}, &out);
}

grpc::Status list_nodes(const test_node& node, const std::string& header) {
  grpc::ClientContext rpc;
  authorize(rpc, header);
  pb::ListNodesResponse out;
  return pb::NodeService::NewStub(node.channel)->ListNodes(&rpc, {}, &out);
}

weft::api_key stored(std::string name, std::string tenant, role caller, const std::string& key) {
  return {std::move(name), std::move(tenant), caller, weft::hash_api_key(key)};
}

/// Why a server with these options does not start.
weft::failure start_error(const weft::grpc_server_options& options) {
  weft::test::fake_ingress entrance;
  weft::grpc_server server(options, entrance, std::make_shared<weft::test::fake_node_view>(),
                           std::make_shared<weft::null_meter>());
  auto started = server.start();
  REQUIRE_FALSE(started);
  return started.error();
}

} // namespace

TEST_CASE("a server whose quota of memory is nothing does not start, and says why") {
  auto options = weft::test::on_any_port();
  options.memory_bytes_max = 0;
  CHECK(start_error(options).message.find("memory_bytes_max") != std::string::npos);
}

TEST_CASE("every RPC asks for a key of the right role where the node has keys") {
  using rpc = grpc::Status (*)(const test_node&, const std::string&);
  const auto embed_unary = [](const test_node& node, const std::string& header) { return embed(node.channel, header); };
  struct row {
    std::string name;
    rpc call;
    grpc::StatusCode nobody, client, boss;
  };
  constexpr auto ok = grpc::StatusCode::OK, unknown = grpc::StatusCode::UNAUTHENTICATED,
                 denied = grpc::StatusCode::PERMISSION_DENIED;
  const std::vector<row> rows{
      {"Embed", embed_unary, unknown, ok, ok},    {"EmbedStream", embed_stream, unknown, ok, ok},
      {"tei Embed", tei_embed, unknown, ok, ok},  {"tei Info", tei_info, unknown, ok, ok},
      {"GetNode", get_node, unknown, denied, ok}, {"ListNodes", list_nodes, unknown, denied, ok},
  };
  const auto client = weft::make_api_key(), boss = weft::make_api_key();
  auto options = weft::test::on_any_port();
  options.api_keys = {stored("c", "red", role::client, client), stored("o", "ops", role::operator_, boss)};
  test_node closed(weft::test::answer, options);
  test_node open;
  for (const auto& [name, call, nobody, as_client, as_boss] : rows) {
    CAPTURE(name);
    CHECK(call(open, "").error_code() == ok);
    for (const auto& [header, want] : {std::pair{std::string(), nobody},
                                       {"Bearer " + weft::make_api_key(), nobody},
                                       {"Basic " + client, nobody},
                                       {"Bearer " + client, as_client},
                                       {"Bearer " + boss, as_boss}}) {
      CAPTURE(header);
      const auto status = call(closed, header);
      CHECK(status.error_code() == want);
      if (want == unknown)
        CHECK(weft::test::error_info(status).reason() == "UNAUTHENTICATED");
      if (want == denied)
        CHECK(weft::test::error_info(status).reason() == "PERMISSION_DENIED");
    }
  }
}

TEST_CASE("the key's tenant and role travel with the call") {
  const auto key = weft::make_api_key();
  weft::context seen;
  auto options = weft::test::on_any_port();
  options.api_keys = {stored("k", "red", role::client, key)};
  test_node node(
      [&](const weft::call_ptr& call) {
        seen = call->context();
        weft::test::answer(call);
      },
      options);
  REQUIRE(embed(node.channel, "Bearer " + key).ok());
  CHECK(seen.tenant == "red");
  CHECK(seen.caller == role::client);
}

TEST_CASE("only operators go before all others where the node has keys") {
  const auto client = weft::make_api_key(), boss = weft::make_api_key();
  auto options = weft::test::on_any_port();
  options.api_keys = {stored("c", "red", role::client, client), stored("o", "ops", role::operator_, boss)};
  test_node closed(weft::test::answer, options);
  test_node open;
  const auto embed_high = [](const test_node& node, const std::string& key) {
    grpc::ClientContext rpc;
    authorize(rpc, key.empty() ? "" : "Bearer " + key);
    rpc.AddMetadata("x-weft-priority", "high");
    pb::EmbedRequest in;
    in.add_texts("x");
    pb::EmbedResponse out;
    return pb::EmbedService::NewStub(node.channel)->Embed(&rpc, in, &out);
  };
  CHECK(embed_high(closed, client).error_code() == grpc::StatusCode::PERMISSION_DENIED);
  CHECK(embed_high(closed, boss).ok());
  CHECK(embed_high(open, "").ok());
}

TEST_CASE("a name of several addresses can be listened on where one can be bound and none belongs to another process") {
  for (const auto& [errors, want] : std::vector<std::pair<std::vector<int>, int>>{
           {{0}, 0},
           {{0, 0}, 0},
           {{EADDRNOTAVAIL, 0}, 0},
           {{0, EAFNOSUPPORT}, 0},
           {{EADDRNOTAVAIL, EAFNOSUPPORT}, EADDRNOTAVAIL},
           {{EACCES}, EACCES},
           {{0, EADDRINUSE}, EADDRINUSE},
           {{EADDRNOTAVAIL, EADDRINUSE}, EADDRINUSE},
       })
    CHECK(weft::why_not_listen(errors) == want);
}

TEST_CASE("keys are replaced while the node runs; bad ones leave the old in place") {
  const auto before = weft::make_api_key(), after = weft::make_api_key();
  auto options = weft::test::on_any_port();
  options.api_keys = {stored("k", "t", role::client, before)};
  test_node node(weft::test::answer, options);
  CHECK_FALSE(node.server.set_api_keys({{.name = "bad", .hash = "12"}}));
  CHECK(embed(node.channel, "Bearer " + before).ok());
  CHECK(node.server.set_api_keys({stored("k", "t", role::client, after)}));
  CHECK(embed(node.channel, "Bearer " + before).error_code() == grpc::StatusCode::UNAUTHENTICATED);
  CHECK(embed(node.channel, "Bearer " + after).ok());
}

TEST_CASE("TLS serves clients that trust the authority, and no others") {
  const certificates files;
  auto options = weft::test::on_any_port();
  options.tls = weft::tls_files{.certificate = files.path("server.pem"), .key = files.path("server.key"), .client_ca{}};
  test_node node(weft::test::answer, options);
  CHECK(embed(node.connect(grpc::SslCredentials({files.text("ca.pem"), "", ""}))).ok());
  CHECK_FALSE(embed(node.connect(grpc::SslCredentials({files.text("other-ca.pem"), "", ""}))).ok());
  CHECK_FALSE(embed(node.connect(grpc::InsecureChannelCredentials())).ok());
}

TEST_CASE("mTLS serves only clients with a certificate of the authority") {
  const certificates files;
  auto options = weft::test::on_any_port();
  options.tls = weft::tls_files{
      .certificate = files.path("server.pem"), .key = files.path("server.key"), .client_ca = files.path("ca.pem")};
  test_node node(weft::test::answer, options);
  const auto connect = [&](const std::string& key, const std::string& certificate) {
    return node.connect(grpc::SslCredentials({files.text("ca.pem"), key, certificate}));
  };
  CHECK(embed(connect(files.text("client.key"), files.text("client.pem"))).ok());
  CHECK_FALSE(embed(connect("", "")).ok());
  CHECK_FALSE(embed(connect(files.text("other-client.key"), files.text("other-client.pem"))).ok());
}

TEST_CASE("plaintext is for loopback addresses, unless it is allowed") {
  for (const auto& [address, loopback] : {std::pair{"127.0.0.1:7700", true},
                                          {"127.8.9.10:1", true},
                                          {"localhost:7700", true},
                                          {"[::1]:7700", true},
                                          {"unix:/tmp/weft.sock", true},
                                          {"0.0.0.0:7700", false},
                                          {"[::]:7700", false},
                                          {"10.0.0.1:7700", false},
                                          {"127.example.org:7700", false},
                                          {"localhost.example.org:7700", false}}) {
    CAPTURE(address);
    CHECK(weft::is_loopback(address) == loopback);
    CHECK(static_cast<bool>(weft::make_credentials({}, address, false)) == loopback);
    CHECK(weft::make_credentials({}, address, true));
  }
  auto options = weft::test::on_any_port();
  options.listen = {"0.0.0.0:0"};
  CHECK(start_error(options).message.find("0.0.0.0:0") != std::string::npos);
  options.allow_plaintext = true;
  const test_node node(weft::test::answer, options);
  CHECK(embed(node.channel).ok());
}

TEST_CASE("TLS files that cannot work are refused at the start, by name") {
  const certificates files;
  { std::ofstream(files.path("rubbish.pem")) << "no certificate"; }
  const auto server = files.path("server.pem"), key = files.path("server.key");
  for (const auto& [tls, why] : {
           std::pair{weft::tls_files{files.path("absent.pem"), key, {}}, "absent.pem': No such file"},
           {weft::tls_files{server, files.path("absent.key"), {}}, "absent.key': No such file"},
           {weft::tls_files{files.path("rubbish.pem"), key, {}}, "rubbish.pem': is not a certificate"},
           {weft::tls_files{server, files.path("rubbish.pem"), {}}, "rubbish.pem': is not an unencrypted private key"},
           {weft::tls_files{server, files.path("client.key"), {}}, "does not belong to the certificate"},
           {weft::tls_files{server, key, files.path("rubbish.pem")}, "client CA"},
       }) {
    auto options = weft::test::on_any_port();
    options.tls = tls;
    const auto reason = start_error(options);
    CHECK(reason.code == errc::invalid_argument);
    CHECK_MESSAGE(reason.message.find(why) != std::string::npos, reason.message);
  }
}

TEST_CASE("an address that cannot be bound is refused with the reason") {
  const test_node taken;
  const auto port = std::to_string(taken.port);
  for (const auto& [address, code, why] : {
           std::tuple{"127.0.0.1:" + port, errc::unavailable, "Address already in use"},
           {std::string("nonsense"), errc::invalid_argument, "HOST:PORT"},
           {std::string("127.0.0.1:"), errc::invalid_argument, "HOST:PORT"},
           {std::string("127.0.0.1:http"), errc::invalid_argument, "number"},
           {std::string("127.0.0.1:65536"), errc::invalid_argument, "number"},
           {std::string("192.0.2.1:7700"), errc::unavailable, "192.0.2.1"}, // TEST-NET-1: nobody's address
       }) {
    CAPTURE(address);
    auto options = weft::test::on_any_port();
    options.allow_plaintext = true;
    options.listen = {address};
    const auto reason = start_error(options);
    CHECK(reason.code == code);
    CHECK_MESSAGE(reason.message.find(why) != std::string::npos, reason.message);
  }
}

TEST_CASE("a node serves all its listen addresses") {
  const certificates files;
  const auto socket = "unix:" + files.path("weft.sock").string();
  auto options = weft::test::on_any_port();
  options.listen.push_back(socket);
  const test_node node(weft::test::answer, options);
  CHECK(embed(node.channel).ok());
  CHECK(embed(grpc::CreateChannel(socket, grpc::InsecureChannelCredentials())).ok());
}
