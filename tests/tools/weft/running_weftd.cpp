#include "tests/tools/weft/running_weftd.hpp"

#include "tests/support/model_directory.hpp"
#include "tests/tools/weft/run_weft.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::test {

running_weftd::running_weftd(const std::vector<std::string>& more) : endpoint_(closed_endpoint()) {
  std::vector<std::string> words{WEFTD_PROGRAM,
                                 "--config=" WEFT_SOURCE_DIR "/cluster-config/one-node.toml",
                                 "--data-dir=" + folder_.path().string(),
                                 "--listen=" + endpoint_,
                                 "--peer=" + closed_endpoint(),
                                 "--http=" + closed_endpoint(),
                                 "--model-dir=" + model_directory().string()};
  words.insert(words.end(), more.begin(), more.end());
  const std::string log = (folder_.path() / "log").string();
  process_ = fork();
  REQUIRE(process_ >= 0);
  if (process_ > 0)
    return;
  prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that crashes leaves no node behind
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  dup2(file, STDOUT_FILENO);
  dup2(file, STDERR_FILENO);
  std::vector<char*> arguments;
  for (auto& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(WEFTD_PROGRAM, arguments.data());
  _exit(127);
}

uint64_t running_weftd::memory_peak() const {
  std::ifstream lines{"/proc/" + std::to_string(process_) + "/status"};
  uint64_t kibibytes = 0;
  for (std::string word; lines >> word;)
    if (word == "VmHWM:")
      lines >> kibibytes;
  REQUIRE(kibibytes > 0);
  return kibibytes * 1'024;
}

int running_weftd::stop() {
  if (process_ < 0)
    return -1;
  kill(process_, SIGTERM);
  int status = 0;
  while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

running_weftd::~running_weftd() {
  stop();
}

} // namespace weft::test
