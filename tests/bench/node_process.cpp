#include "tests/bench/node_process.hpp"

#include "tests/support/tcp_client.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::bench {
namespace {

constexpr std::chrono::seconds patience{60};

uint16_t port_of(const std::string& address) {
  return static_cast<uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
}

} // namespace

void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::_Exit(1); // without destructors: threads of gRPC are still at work
}

child_process::child_process(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const auto& argument : arguments)
    argv.push_back(const_cast<char*>(argument.c_str())); // execv() changes nothing
  argv.push_back(nullptr);
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    give_up("cannot make a pipe");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL); // a benchmark that is stopped leaves nothing behind
    ::dup2(pipe[1], STDOUT_FILENO);
    ::dup2(pipe[1], STDERR_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(pipe[1]);
  if (pid_ < 0)
    give_up("cannot start a process");
  reader_ = std::thread([this, end = pipe[0]] { read(end); });
}

void child_process::read(int pipe) {
  std::string line;
  std::array<char, 4'096> chunk{};
  bool found = false;
  for (ssize_t count = 0; (count = ::read(pipe, chunk.data(), chunk.size())) > 0;) {
    if (found)
      continue;
    line.append(chunk.data(), static_cast<size_t>(count));
    for (size_t end = 0; !found && (end = line.find('\n')) != std::string::npos; line.erase(0, end + 1)) {
      auto json = nlohmann::json::parse(line.substr(0, end), nullptr, false);
      const std::lock_guard hold(mutex_);
      before_ready_ += line.substr(0, end + 1);
      found = json.is_object() && json.value("text", "") == "ready";
      if (found)
        ready_ = std::move(json);
      changed_.notify_all();
    }
  }
  ::close(pipe);
  const std::lock_guard hold(mutex_);
  ended_ = true;
  changed_.notify_all();
}

nlohmann::json child_process::wait_ready() {
  std::unique_lock hold(mutex_);
  changed_.wait_for(hold, patience, [&] { return ended_ || !ready_.is_null(); });
  if (ready_.is_null())
    give_up("a program did not get ready:\n" + before_ready_);
  return ready_;
}

void child_process::kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  if (reader_.joinable())
    reader_.join();
}

double child_process::processor_seconds() const {
  clockid_t clock{};
  return pid_ > 0 && ::clock_getcpuclockid(pid_, &clock) == 0 ? seconds_on(clock) : 0;
}

double seconds_on(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

node_process::node_process(const node_programs& programs, std::string name, const std::string& seed,
                           std::vector<std::string> settings)
    : programs_(programs), name_(std::move(name)), settings_(std::move(settings)) {
  if (!seed.empty())
    settings_.push_back("cluster.seeds=" + seed);
  start();
}

void node_process::start() {
  std::vector<std::string> arguments{programs_.weftd,
                                     "--name",
                                     name_,
                                     "--listen",
                                     "127.0.0.1:0",
                                     "--peer",
                                     peer_,
                                     "--http",
                                     "127.0.0.1:0",
                                     "--data-dir",
                                     (folder_.path() / "data").string(),
                                     "--model-dir",
                                     programs_.model_directory,
                                     "--log-format",
                                     "json",
                                     "--set",
                                     "cluster.id=bench"};
  for (const auto& setting : settings_)
    arguments.insert(arguments.end(), {"--set", setting});
  child_ = std::make_unique<child_process>(arguments);
  const auto ready = child_->wait_ready();
  listen_ = ready["listen"];
  peer_ = ready["peer"];
  http_ = port_of(ready["http"]);
  stub_ = v1::NodeService::NewStub(connect());
}

std::shared_ptr<grpc::Channel> node_process::connect() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1); // each has a connection of its own
  return grpc::CreateCustomChannel(listen_, grpc::InsecureChannelCredentials(), arguments);
}

std::map<std::string, v1::Node> node_process::members() const {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
  v1::ListNodesResponse answer;
  std::map<std::string, v1::Node> out;
  if (stub_->ListNodes(&context, {}, &answer).ok())
    for (const auto& node : answer.nodes())
      out[node.name()] = node;
  return out;
}

std::string node_process::metrics() const {
  return test::http_get(http_, "/metrics");
}

double node_process::counted(std::string_view series) const {
  const auto page = metrics();
  const auto begins = "\n" + std::string{series};
  double sum = 0;
  for (auto at = page.find(begins); at != std::string::npos; at = page.find(begins, at + 1))
    sum += std::strtod(page.c_str() + page.find(' ', at + begins.size() - 1), nullptr);
  return sum;
}

uint64_t node_process::computed() const {
  return static_cast<uint64_t>(counted("weft_engine_items_total{"));
}

cluster_processes start_cluster(const node_programs& programs, const std::vector<std::vector<std::string>>& settings) {
  cluster_processes nodes;
  std::vector<std::string> names;
  std::vector<const node_process*> all;
  for (const auto& of_node : settings) {
    names.push_back("n" + std::to_string(nodes.size() + 1));
    auto with_zone = of_node;
    with_zone.push_back("cluster.zone=" + names.back());
    nodes.push_back(std::make_unique<node_process>(programs, names.back(), nodes.empty() ? "" : nodes.front()->peer(),
                                                   std::move(with_zone)));
    all.push_back(nodes.back().get());
  }
  wait_until_seen(all, names, v1::NODE_STATE_SERVING);
  return nodes;
}

void wait_until_seen(const std::vector<const node_process*>& by, const std::vector<std::string>& names,
                     v1::NodeState state) {
  const auto end = std::chrono::steady_clock::now() + patience;
  for (const auto* node : by)
    for (const auto& name : names)
      while (node->members()[name].state() != state) {
        if (std::chrono::steady_clock::now() > end)
          give_up(node->name() + " does not see " + name + " as expected");
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
}

} // namespace weft::bench
