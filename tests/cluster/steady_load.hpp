#pragma once

#include "tests/cluster/lone_answers.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace weft::cli {
class client;
}

namespace weft::test {

/// Clients that call all nodes in turn while a test does harm to them: seeded texts, each reply compared with what a
/// lone node computes. They are the `weft` command's client, so a call that met UNAVAILABLE is tried on the next
/// endpoint, and with pauses. A call that fails after that, or waits for a minute, has failed.
class steady_load {
public:
  struct options {
    std::vector<std::string> endpoints;
    const lone_answers* answers = nullptr; ///< not null
    uint32_t clients = 3;
    uint64_t seed = 1;
    std::chrono::milliseconds pace{10}; ///< from the end of one call to the next, each client
  };
  explicit steady_load(options o);
  ~steady_load();
  steady_load(const steady_load&) = delete;
  steady_load& operator=(const steady_load&) = delete;

  struct outcome {
    uint64_t calls = 0;
    uint64_t attempts = 0; ///< RPCs; more than calls where some were tried again
    uint64_t failed = 0;   ///< calls that failed after their retries
    uint64_t wrong = 0;    ///< replies with a wrong vector
    std::string first_problem;
    std::chrono::milliseconds slowest{};
  };
  /// Waits until so many more calls were answered since it was asked; false after a minute.
  bool goes_on(uint64_t calls = 30);
  /// Ends the clients after their calls.
  outcome stop();

private:
  void run(uint32_t number);
  void call(cli::client& to, std::mt19937_64& random);
  bool pause();

  const options options_;
  std::mutex mutex_; // guards the next three
  std::condition_variable changed_;
  outcome outcome_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

} // namespace weft::test
