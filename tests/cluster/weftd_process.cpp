#include "tests/cluster/weftd_process.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::test {
namespace {

constexpr int patience_ms = 60'000;

uint16_t port_of(const std::string& address) {
  return static_cast<uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
}

void close_pipe(int& end) {
  if (end >= 0)
    ::close(std::exchange(end, -1));
}

[[noreturn]] void become_weftd(const weftd_process::options& o, int output, int errors) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  for (const auto& [name, value] : o.environment)
    ::setenv(name.c_str(), value.c_str(), 1);
  const std::string script = (o.shell_before.empty() ? "" : o.shell_before + " && ") + "exec \"$0\" \"$@\"";
  std::vector<std::string> words{"sh", "-c", script, WEFT_WEFTD};
  words.insert(words.end(), o.arguments.begin(), o.arguments.end());
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv("/bin/sh", argv.data());
  ::_exit(127);
}

} // namespace

weftd_process::weftd_process(const options& o) {
  std::array<int, 2> output{};
  std::array<int, 2> errors{};
  REQUIRE(::pipe2(output.data(), O_CLOEXEC) == 0);
  REQUIRE(::pipe2(errors.data(), O_CLOEXEC) == 0);
  pid_ = ::fork();
  REQUIRE(pid_ >= 0);
  if (pid_ == 0)
    become_weftd(o, output[1], errors[1]);
  ::close(output[1]);
  ::close(errors[1]);
  output_pipe_ = output[0];
  error_pipe_ = errors[0];
}

weftd_process::~weftd_process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  close_pipe(output_pipe_);
  close_pipe(error_pipe_);
}

bool weftd_process::read_more() {
  std::array<pollfd, 2> both{{{output_pipe_, POLLIN, 0}, {error_pipe_, POLLIN, 0}}}; // a closed one is -1: ignored
  if (output_pipe_ < 0 && error_pipe_ < 0)
    return false;
  REQUIRE_MESSAGE(::poll(both.data(), both.size(), patience_ms) > 0, "weftd said nothing for a minute:\n" << errors_);
  take(both[0].revents != 0, both[1].revents != 0);
  return true;
}

void weftd_process::take(bool output_ready, bool errors_ready) {
  const auto read_into = [](bool ready, int& end, std::string& into) {
    std::array<char, 4'096> chunk{};
    if (!ready)
      return;
    const auto count = ::read(end, chunk.data(), chunk.size());
    if (count > 0)
      into.append(chunk.data(), static_cast<size_t>(count));
    else
      close_pipe(end);
  };
  read_into(output_ready, output_pipe_, output_);
  read_into(errors_ready, error_pipe_, errors_);
}

bool weftd_process::hear(std::span<weftd_process* const> processes, std::chrono::milliseconds limit) {
  std::vector<pollfd> ends; // two a process
  for (const auto* process : processes) {
    ends.push_back({process->output_pipe_, POLLIN, 0});
    ends.push_back({process->error_pipe_, POLLIN, 0});
  }
  if (::poll(ends.data(), ends.size(), static_cast<int>(limit.count())) <= 0)
    return false;
  for (size_t i = 0; i < processes.size(); ++i)
    processes[i]->take(ends[2 * i].revents != 0, ends[2 * i + 1].revents != 0);
  return true;
}

std::optional<std::string> weftd_process::next_line() {
  size_t end = errors_.find('\n', lines_read_to_);
  while (end == std::string::npos) {
    if (!read_more())
      return std::nullopt;
    end = errors_.find('\n', lines_read_to_);
  }
  auto line = errors_.substr(lines_read_to_, end - lines_read_to_);
  lines_read_to_ = end + 1;
  return line;
}

nlohmann::json weftd_process::wait_for_line(const std::string& text) {
  while (auto line = next_line()) {
    auto json = nlohmann::json::parse(*line, nullptr, false);
    if (json.is_object() && json.value("text", "") == text)
      return json;
  }
  FAIL("weftd ended without the line '" << text << "':\n" << errors_);
  return {};
}

nlohmann::json weftd_process::wait_ready() {
  auto line = wait_for_line("ready");
  client_port_ = port_of(line["listen"]);
  http_port_ = port_of(line["http"]);
  return line;
}

void weftd_process::send_signal(int number) const {
  REQUIRE(::kill(pid_, number) == 0);
}

int weftd_process::wait_exit() {
  while (read_more()) {
  }
  // Its pipes are closed; a process descriptor makes the rest of the wait one with a deadline.
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  REQUIRE(handle >= 0);
  pollfd ended{handle, POLLIN, 0};
  REQUIRE_MESSAGE(::poll(&ended, 1, patience_ms) == 1, "weftd does not end:\n" << errors_);
  ::close(handle);
  int state = 0;
  ::waitpid(std::exchange(pid_, -1), &state, 0);
  return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

} // namespace weft::test
