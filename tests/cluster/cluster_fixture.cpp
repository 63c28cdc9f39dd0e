#include "tests/cluster/cluster_fixture.hpp"

#include "tests/support/tcp_client.hpp"

#include <filesystem>
#include <sstream>

namespace weft::test {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

std::vector<cluster_node::options> numbered_nodes(int count) {
  std::vector<cluster_node::options> out;
  for (int i = 1; i <= count; ++i)
    out.push_back({.name = "n" + std::to_string(i)});
  return out;
}

bool has_gone(const v1::Node& node) {
  return node.state() == v1::NODE_STATE_DEAD || node.state() == v1::NODE_STATE_LEFT;
}

} // namespace

std::string cluster_node::data_dir() const {
  return options_.data_dir.empty() ? (folder_.path() / "data").string() : options_.data_dir;
}

void cluster_node::launch() {
  // The same at each start: seeds and clients know them.
  std::vector<std::string> more{
      "--name",     name(),    "--listen", client_port_.on(options_.host), "--peer", peer_port_.on(options_.host),
      "--data-dir", data_dir()};
  std::vector<std::string> settings{"cluster.id=test", "cluster.zone=zone-" + name(), "pool.workers_max=1",
                                    "pool.tokenizers=1"};
  if (!options_.seeds.empty()) {
    std::string all;
    for (const auto& seed : options_.seeds)
      all += (all.empty() ? "" : ",") + seed;
    settings.push_back("cluster.seeds=" + all);
  }
  settings.insert(settings.end(), options_.settings.begin(), options_.settings.end());
  for (const auto& setting : settings)
    more.insert(more.end(), {"--set", setting});
  process_ = std::make_unique<weftd_process>(
      weftd_process::options{.arguments = on_free_ports(folder_, more), .shell_before = options_.shell_before});
}

void cluster_node::await_ready() {
  const auto line = process_->wait_ready();
  client_address_ = line["listen"];
  peer_address_ = line["peer"];
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1); // a fresh connection, without an old one's backoff
  const auto channel = grpc::CreateCustomChannel(client_address_, grpc::InsecureChannelCredentials(), arguments);
  stub_ = v1::NodeService::NewStub(channel);
  embed_stub_ = v1::EmbedService::NewStub(channel);
}

void cluster_node::start() {
  launch();
  await_ready();
}

int cluster_node::end(int signal) {
  process_->send_signal(signal);
  return process_->wait_exit();
}

void cluster_node::lose_data(std::vector<std::string> seeds) {
  std::filesystem::remove_all(data_dir());
  options_.seeds = std::move(seeds);
}

std::map<std::string, v1::Node> cluster_node::members() const {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 5s);
  v1::ListNodesResponse answer;
  std::map<std::string, v1::Node> out;
  if (stub_->ListNodes(&context, {}, &answer).ok())
    for (const auto& node : answer.nodes())
      if (auto& known = out[node.name()]; known.name().empty() || has_gone(known))
        known = node;
  return out;
}

v1::NodeState cluster_node::sees(const std::string& other) const {
  return members()[other].state();
}

double cluster_node::metric(std::string_view name) const {
  std::istringstream page{http_get(process_->http_port(), "/metrics")};
  double sum = 0;
  for (std::string line; std::getline(page, line);)
    if (line.starts_with(name) && (line[name.size()] == '{' || line[name.size()] == ' '))
      sum += std::stod(line.substr(line.rfind(' ') + 1));
  return sum;
}

std::pair<grpc::Status, v1::EmbedResponse> cluster_node::embed(const v1::EmbedRequest& request) const {
  return test::embed(*embed_stub_, request);
}

cluster_fixture::cluster_fixture(int nodes) : cluster_fixture(numbered_nodes(nodes)) {}

cluster_fixture::cluster_fixture(const std::vector<cluster_node::options>& list) {
  for (auto each : list) {
    if (each.seeds.empty() && !nodes_.empty())
      each.seeds = {nodes_.front()->peer_address()};
    nodes_.push_back(std::make_unique<cluster_node>(std::move(each)));
    nodes_.back()->launch();
    if (nodes_.size() == 1)
      nodes_.front()->await_ready();
  }
  for (size_t i = 1; i < nodes_.size(); ++i)
    nodes_[i]->await_ready();
  REQUIRE(whole());
}

std::vector<std::string> cluster_fixture::endpoints() const {
  std::vector<std::string> out;
  for (const auto& node : nodes_)
    out.push_back(node->client_address());
  return out;
}

std::vector<weftd_process*> cluster_fixture::processes() const {
  std::vector<weftd_process*> out;
  for (const auto& node : nodes_)
    out.push_back(&node->process());
  return out;
}

bool cluster_fixture::comes_true(const std::function<bool()>& condition, std::chrono::milliseconds patience) {
  const auto end = clock_type::now() + patience;
  while (!condition()) {
    if (clock_type::now() > end)
      return false;
    weftd_process::hear(processes(), 20ms);
  }
  return true;
}

bool cluster_fixture::others_see(const cluster_node& node, v1::NodeState state) {
  for (const auto& other : nodes_)
    if (other.get() != &node && !comes_true([&] { return other->sees(node.name()) == state; }))
      return false;
  return true;
}

bool cluster_fixture::whole(std::chrono::milliseconds patience) {
  return comes_true(
      [&] {
        for (const auto& node : nodes_) {
          const auto seen = node->members();
          if (seen.size() != nodes_.size())
            return false;
          for (const auto& [name, member] : seen)
            if (member.state() != v1::NODE_STATE_SERVING)
              return false;
        }
        return true;
      },
      patience);
}

size_t cluster_fixture::deaths_told() {
  while (weftd_process::hear(processes(), 0ms)) {
  }
  size_t count = 0;
  for (const auto& node : nodes_) {
    const auto& log = node->process().errors();
    for (auto at = log.find("member died"); at != std::string::npos; at = log.find("member died", at + 1))
      ++count;
  }
  return count;
}

} // namespace weft::test
