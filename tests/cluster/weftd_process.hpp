#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

namespace weft::test {

/// A weftd of this build as a user runs it: a process with flags, an environment, signals, a log on standard error and
/// an exit code. Everything waits for an event with a deadline; nothing sleeps. Killed with the object, and with the
/// thread that made it: a test that is killed leaves none behind.
class weftd_process {
public:
  struct options {
    std::vector<std::string> arguments;
    std::map<std::string, std::string> environment; ///< besides the test's own
    std::string shell_before;                       ///< "ulimit -f 8": run by sh before it becomes weftd
  };
  explicit weftd_process(const options& o);
  ~weftd_process();
  weftd_process(const weftd_process&) = delete;
  weftd_process& operator=(const weftd_process&) = delete;

  /// The next log line (JSON) with this text; fails the test when the process ends before, or after a minute.
  nlohmann::json wait_for_line(const std::string& text);
  /// Waits for "ready" and remembers the ports.
  nlohmann::json wait_ready();
  /// Waits until one of them writes and reads some of it; false when all were silent for so long. Who runs several
  /// processes calls it now and then: a full pipe would make a node wait for its log.
  static bool hear(std::span<weftd_process* const> processes, std::chrono::milliseconds limit);
  uint16_t client_port() const { return client_port_; }
  uint16_t http_port() const { return http_port_; }
  std::string client_address() const { return "127.0.0.1:" + std::to_string(client_port_); }

  void send_signal(int number) const;
  /// Waits for the end; the exit code, or 128 + the signal that ended it.
  int wait_exit();

  /// What it wrote to standard output and standard error; complete after wait_exit().
  const std::string& output() const { return output_; }
  const std::string& errors() const { return errors_; }

private:
  /// False when both ends are closed.
  bool read_more();
  void take(bool output_ready, bool errors_ready);
  std::optional<std::string> next_line();

  pid_t pid_ = -1;
  int output_pipe_ = -1;
  int error_pipe_ = -1;
  std::string output_;
  std::string errors_;
  size_t lines_read_to_ = 0;
  uint16_t client_port_ = 0;
  uint16_t http_port_ = 0;
};

} // namespace weft::test
