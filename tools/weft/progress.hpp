#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace weft::cli {

/// The line that shows how far long work has come: "  1 234 texts  456/s  [#####-----]  52%  0:12 left". Comes to
/// sight after a second, then at most five times a second. The clock is the caller's. Not thread-safe.
class progress {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// bytes_total: of the input, when known: then there is a bar and the time left.
  progress(time_point start, std::optional<uint64_t> bytes_total)
      : start_(start), last_(start), bytes_total_(bytes_total) {}

  /// The line to show now, without colours, at most `columns` wide; nothing when it is not yet time.
  std::optional<std::string> update(uint64_t items, uint64_t bytes, time_point now, size_t columns);
  /// Whether a line is on the screen.
  bool shown() const { return shown_; }

  static constexpr std::chrono::milliseconds first_after{1000};
  static constexpr std::chrono::milliseconds every{200};

private:
  time_point start_;
  time_point last_;
  std::optional<uint64_t> bytes_total_;
  bool shown_ = false;
};

} // namespace weft::cli
