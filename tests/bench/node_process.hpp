#pragma once

#include "tests/support/temporary_directory.hpp"
#include "weft/v1/node.grpc.pb.h"

#include <grpcpp/grpcpp.h>
#include <nlohmann/json.hpp>

#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace weft::bench {

/// A program of which one line is waited for, the rest of what it writes is read and forgotten. Killed with the object.
class child_process {
public:
  /// arguments: the program's path first. Ends the benchmark when the program does not start.
  explicit child_process(const std::vector<std::string>& arguments);
  ~child_process() { kill(); }
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  /// The first line that is a JSON object with "text": "ready". Ends the benchmark, with what was written, when the
  /// program ends before or a minute passes.
  nlohmann::json wait_ready();
  /// Lines that it wrote until then, that one included. REQUIRES: wait_ready() has returned.
  const std::string& before_ready() const { return before_ready_; }
  /// With SIGKILL, at once.
  void kill();
  /// Processor time of all its threads.
  double processor_seconds() const;
  pid_t pid() const { return pid_; }

private:
  void read(int pipe);

  pid_t pid_ = -1;
  std::mutex mutex_; // guards the next four
  std::condition_variable changed_;
  nlohmann::json ready_;
  std::string before_ready_;
  bool ended_ = false;
  std::thread reader_; ///< reads both outputs until they are closed
};

/// What a benchmark needs to start nodes.
struct node_programs {
  std::string weftd;
  std::string model_directory;
  std::string self; ///< this program, for the echo
};

/// A weftd on free ports with a data folder of its own: a real process, as users run it.
class node_process {
public:
  /// settings: "cache.near_bytes_max=0". seed: a peer address, or "".
  node_process(const node_programs& programs, std::string name, const std::string& seed,
               std::vector<std::string> settings);

  /// Again, with the same data and peer address. REQUIRES: killed.
  void start();
  void kill() { child_->kill(); }
  double processor_seconds() const { return child_->processor_seconds(); }
  pid_t pid() const { return child_->pid(); }

  const std::string& name() const { return name_; }
  const std::string& peer() const { return peer_; }
  /// Its data folder. Of a running node: to look at.
  std::filesystem::path data() const { return folder_.path() / "data"; }
  std::shared_ptr<grpc::Channel> connect() const;
  /// What it says of each member it knows; empty when it does not answer.
  std::map<std::string, v1::Node> members() const;
  /// Its log until it was ready: a JSON object a line.
  const std::string& first_lines() const { return child_->before_ready(); }
  /// Its metrics page. Throws std::runtime_error where it is gone.
  std::string metrics() const;
  /// The sum of all series of its metrics page whose names begin so; labels may have no blanks before that.
  double counted(std::string_view series) const;
  /// Texts that its engines really computed (weft_engine_items_total).
  uint64_t computed() const;

private:
  const node_programs& programs_;
  std::string name_;
  std::vector<std::string> settings_;
  std::string peer_ = "127.0.0.1:0";
  test::temporary_directory folder_;
  std::string listen_;
  uint16_t http_ = 0;
  std::unique_ptr<child_process> child_;
  std::unique_ptr<v1::NodeService::Stub> stub_;
};

using cluster_processes = std::vector<std::unique_ptr<node_process>>;

/// Nodes that joined through the first, and all see each other serving. settings[i]: of node i.
cluster_processes start_cluster(const node_programs& programs, const std::vector<std::vector<std::string>>& settings);

/// Waits until all of these see `names` in `state`; ends the benchmark when a minute passes.
void wait_until_seen(const std::vector<const node_process*>& by, const std::vector<std::string>& names,
                     v1::NodeState state);

/// Of a clock: CLOCK_PROCESS_CPUTIME_ID, for instance.
double seconds_on(clockid_t clock);

/// Ends the benchmark.
[[noreturn]] void give_up(const std::string& why);

} // namespace weft::bench
