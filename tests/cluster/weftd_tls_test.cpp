#include "tests/cluster/weftd_fixture.hpp"
#include "tests/node/grpc/certificates.hpp"
#include "tests/support/tcp_client.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace weft::test;

namespace {

/// Nodes of "authority", clients of "other-authority".
struct secured_weftd {
  secured_weftd(const certificates& files, const std::string& name, const std::string& certificate,
                const std::string& seed = "")
      : process({.arguments = on_free_ports(folder, settings(files, name, certificate, seed))}),
        peer(process.wait_ready()["peer"]) {}

  static std::vector<std::string> settings(const certificates& files, const std::string& name,
                                           const std::string& certificate, const std::string& seed) {
    std::vector<std::string> out;
    for (const auto& [key, value] : {std::pair<std::string, std::string>{"node.name", name},
                                     {"tls.cert", files.path(certificate + ".pem")},
                                     {"tls.key", files.path(certificate + ".key")},
                                     {"tls.client_ca", files.path("other-ca.pem")},
                                     {"tls.peer_ca", files.path("ca.pem")},
                                     {"cluster.seeds", seed}})
      if (!value.empty())
        out.insert(out.end(), {"--set", key + '=' + value});
    return out;
  }

  bool has_metric(const std::string& line) const {
    return http_get(process.http_port(), "/metrics").find('\n' + line + '\n') != std::string::npos;
  }
  /// Looks again whenever it has written to its log, and every 20 ms; false after a minute.
  bool comes_to(const std::string& line) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    weftd_process* const one[] = {&process};
    while (!has_metric(line)) {
      if (std::chrono::steady_clock::now() > end)
        return false;
      weftd_process::hear(one, std::chrono::milliseconds{20});
    }
    return true;
  }

  temporary_directory folder;
  weftd_process process;
  std::string peer;
};

} // namespace

TEST_CASE("nodes of one authority are a cluster over mTLS, and a client's certificate opens no way into it") {
  const certificates files;
  secured_weftd first{files, "n1", "server"};
  secured_weftd second{files, "n2", "server", first.peer};
  const std::string both = R"(weft_members{state="serving"} 2)";
  REQUIRE(first.comes_to(both));
  REQUIRE(second.comes_to(both));

  secured_weftd stranger{files, "stranger", "other-client", first.peer};
  CHECK(stranger.process.wait_for_line("cannot reach a node to join through")["peer"] == first.peer);
  CHECK(first.has_metric(both));
  CHECK(stranger.has_metric(R"(weft_members{state="serving"} 1)"));

  // A client of the other authority is served, and its texts are computed by their owners: both nodes.
  grpc::SslCredentialsOptions client{.pem_root_certs = files.text("ca.pem"),
                                     .pem_private_key = files.text("other-client.key"),
                                     .pem_cert_chain = files.text("other-client.pem")};
  const auto stub = weft::v1::EmbedService::NewStub(
      grpc::CreateChannel(first.process.client_address(), grpc::SslCredentials(client)));
  std::vector<std::string> many;
  for (int i = 0; i < 64; ++i)
    many.push_back("text " + std::to_string(i));
  const auto [status, reply] = embed(*stub, texts(many));
  CHECK_MESSAGE(status.ok(), status.error_message());
  CHECK(reply.embeddings_size() == 64);
  CHECK(second.has_metric(R"(weft_calls_total{code="OK",operation="peer_ask"} 1)"));
}
