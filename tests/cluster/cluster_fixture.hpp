#pragma once

#include "tests/cluster/leased_port.hpp"
#include "tests/cluster/weftd_fixture.hpp"
#include "weft/v1/node.grpc.pb.h"

#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weft::test {

/// tools/test --long: every length as it was promised, instead of what is enough to see the effect.
inline bool long_tests() {
  return std::getenv("WEFT_LONG_TESTS") != nullptr;
}

/// One node of a cluster, which can be started again with the same data and the same addresses.
class cluster_node {
public:
  struct options {
    std::string name;
    std::vector<std::string> seeds{};
    std::vector<std::string> settings{}; ///< "section.key=value", over those of the fixture
    std::string host = "127.0.0.1";
    std::string data_dir{};     ///< "": a temporary one
    std::string shell_before{}; ///< as for weftd_process
  };
  explicit cluster_node(options o) : options_(std::move(o)) {}

  /// launch(), then await_ready().
  void start();
  void launch();
  void await_ready();
  /// Sends the signal and waits for the end; the exit code, or 128 + the signal.
  int end(int signal);
  /// Its disk is gone, and with it who it was and whom it knew: what starts next is a new node under the same name,
  /// which joins through these. REQUIRES: it has ended.
  void lose_data(std::vector<std::string> seeds);

  const std::string& name() const { return options_.name; }
  const std::string& client_address() const { return client_address_; }
  const std::string& peer_address() const { return peer_address_; }
  std::string data_dir() const;
  weftd_process& process() { return *process_; }
  const weftd_process& process() const { return *process_; }
  v1::NodeService::Stub& stub() const { return *stub_; }

  /// What it says of all members, by name; of a node that lost its data, of the present one. Empty when it does not
  /// answer.
  std::map<std::string, v1::Node> members() const;
  v1::NodeState sees(const std::string& other) const;
  /// Sum over all series of this name in /metrics. REQUIRES: the default host.
  double metric(std::string_view name) const;
  /// Embeds on this node alone.
  std::pair<grpc::Status, v1::EmbedResponse> embed(const v1::EmbedRequest& request) const;

private:
  options options_;
  temporary_directory folder_;
  leased_port client_port_;
  leased_port peer_port_;
  std::string client_address_;
  std::string peer_address_;
  std::unique_ptr<weftd_process> process_;
  std::unique_ptr<v1::NodeService::Stub> stub_;
  std::unique_ptr<v1::EmbedService::Stub> embed_stub_;
};

/// Nodes n1, n2, … of one cluster that know each other; all joined through n1. One worker each, so that many fit on two
/// cores.
class cluster_fixture {
public:
  explicit cluster_fixture(int nodes = 3);
  /// Of nodes that the caller describes. Who has no seed joins through the first one, which is started first.
  explicit cluster_fixture(const std::vector<cluster_node::options>& list);

  size_t size() const { return nodes_.size(); }
  cluster_node& operator[](size_t i) { return *nodes_[i]; }
  std::vector<std::string> endpoints() const;

  /// Asks again whenever a node has written to its log, and every 20 ms; false after `patience`. No healthy machine
  /// needs the default: a test that would wait for ever fails instead.
  bool comes_true(const std::function<bool()>& condition,
                  std::chrono::milliseconds patience = std::chrono::seconds{60});
  /// Waits until every other node sees this one so.
  bool others_see(const cluster_node& node, v1::NodeState state);
  /// Waits until every node sees every node serving.
  bool whole(std::chrono::milliseconds patience = std::chrono::seconds{60});
  /// How often a node's log has said that it held another for dead.
  size_t deaths_told();

private:
  std::vector<weftd_process*> processes() const;

  std::vector<std::unique_ptr<cluster_node>> nodes_;
};

} // namespace weft::test
