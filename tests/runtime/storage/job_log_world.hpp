#pragma once

#include "runtime/storage/rocks_job_log.hpp"
#include "tests/runtime/storage/failing_env.hpp"
#include "tests/support/temporary_directory.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

namespace weft::test {

/// A job log on a folder of its own, with a wall clock that the test moves and reports that it reads.
struct job_log_world {
  temporary_directory folder;
  std::atomic<uint64_t> now{1'700'000'000'000};
  std::mutex mutex;
  std::vector<std::string> reports;
  failing_env env;

  rocks_job_log_options options() {
    rocks_job_log_options o;
    o.path = folder.path() / "jobs";
    o.result_bytes = 0;
    o.free_bytes_min = 0;
    o.retry_after = std::chrono::milliseconds{0};
    o.wall_clock = [this] { return now.load(); };
    o.report = [this](const std::string& what) {
      const std::lock_guard lock{mutex};
      reports.push_back(what);
    };
    return o;
  }
  bool reported(const std::string& word) {
    const std::lock_guard lock{mutex};
    for (const auto& r : reports)
      if (r.find(word) != std::string::npos)
        return true;
    return false;
  }
};

} // namespace weft::test
