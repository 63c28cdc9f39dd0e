#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weft::test {

struct ended {
  int exit = -1; ///< -signal when a signal ended it
  std::string out;
  std::string err;
  uint64_t memory_peak = 0; ///< bytes that were resident at most, until it last read or wrote
};

struct run_options {
  std::vector<std::string> arguments;
  std::string input{};                    ///< of standard input
  std::vector<std::string> environment{}; ///< "NAME=value", beside PATH
  size_t out_bytes_max = SIZE_MAX;        ///< then standard output is closed, as `head` does
  std::string interrupt_at{};             ///< SIGINT once this was printed, to either; "": never
};

/// Runs the real program with pipes and waits for its end.
ended run_weft(const run_options& options);

/// Runs the real program on a terminal of 24 rows and 100 columns. Types `keys` once `wait_for` has been printed.
ended run_weft_on_terminal(const run_options& options, const std::string& wait_for, const std::string& keys);

/// A port of this machine where nobody listens.
std::string closed_endpoint();

/// Whether what was printed has this part.
inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace weft::test
