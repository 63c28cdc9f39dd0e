#include "tests/tools/weft/run_weft.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::test {
namespace {

[[noreturn]] void become_weft(const run_options& options) {
  std::vector<std::string> words{WEFT_PROGRAM};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<char*> arguments;
  for (auto& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::vector<std::string> variables = options.environment;
  variables.emplace_back("PATH=/usr/bin:/bin");
  std::vector<char*> environment;
  for (auto& variable : variables)
    environment.push_back(variable.data());
  environment.push_back(nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  execve(WEFT_PROGRAM, arguments.data(), environment.data());
  _exit(127);
}

void wait_for_end(pid_t child, ended& result) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// What was resident at most until now; what it said before, where the process has none any more. Not rusage: its
/// maximum begins with the memory of this process, which the child has until it becomes the program.
void look_at_memory(pid_t child, ended& result) {
  std::ifstream in("/proc/" + std::to_string(child) + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmHWM:"))
      result.memory_peak = std::stoull(line.substr(6)) * 1'024;
}

/// Appends what is there; closes the descriptor at its end.
void drain(int& descriptor, std::string& text) {
  char buffer[65536];
  const ssize_t got = read(descriptor, buffer, sizeof buffer);
  if (got > 0) {
    text.append(buffer, static_cast<size_t>(got));
  } else if (got == 0 || errno != EINTR) {
    close(descriptor);
    descriptor = -1;
  }
}

void feed(int& descriptor, std::string_view& rest) {
  const ssize_t written = rest.empty() ? 0 : write(descriptor, rest.data(), rest.size());
  if (written > 0)
    rest.remove_prefix(static_cast<size_t>(written));
  if (rest.empty() || (written < 0 && errno != EAGAIN && errno != EINTR)) {
    close(descriptor);
    descriptor = -1;
  }
}

} // namespace

ended run_weft(const run_options& options) {
  std::signal(SIGPIPE, SIG_IGN);
  int in[2];
  int out[2];
  int err[2];
  REQUIRE(pipe2(in, O_CLOEXEC) == 0);
  REQUIRE(pipe2(out, O_CLOEXEC) == 0);
  REQUIRE(pipe2(err, O_CLOEXEC) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    dup2(err[1], 2);
    become_weft(options);
  }
  close(in[0]);
  close(out[1]);
  close(err[1]);
  fcntl(in[1], F_SETFL, O_NONBLOCK);
  ended result;
  std::string_view rest = options.input;
  bool interrupted = false;
  while (out[0] >= 0 || err[0] >= 0) {
    pollfd wanted[3] = {{in[1], POLLOUT, 0}, {out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
    REQUIRE(poll(wanted, 3, -1) > 0);
    look_at_memory(child, result);
    if (wanted[0].revents != 0)
      feed(in[1], rest);
    if (wanted[1].revents != 0)
      drain(out[0], result.out);
    if (wanted[2].revents != 0)
      drain(err[0], result.err);
    if (!interrupted && !options.interrupt_at.empty() &&
        (result.out + result.err).find(options.interrupt_at) != SIZE_MAX)
      interrupted = kill(child, SIGINT) == 0;
    if (out[0] >= 0 && result.out.size() >= options.out_bytes_max) {
      close(out[0]);
      out[0] = -1;
    }
  }
  if (in[1] >= 0)
    close(in[1]);
  wait_for_end(child, result);
  return result;
}

ended run_weft_on_terminal(const run_options& options, const std::string& wait_for, const std::string& keys) {
  winsize size{};
  size.ws_row = 24;
  size.ws_col = 100;
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  REQUIRE(child >= 0);
  if (child == 0)
    become_weft(options);
  ended result;
  bool typed = keys.empty();
  while (terminal >= 0) {
    drain(terminal, result.out);
    if (!typed && result.out.find(wait_for) != std::string::npos)
      typed = write(terminal, keys.data(), keys.size()) > 0;
  }
  wait_for_end(child, result);
  return result;
}

std::string closed_endpoint() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  socklen_t length = sizeof address;
  REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  close(listener);
  return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

} // namespace weft::test
