#pragma once

#include "node/config/config.hpp"

#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace weft {

constexpr std::string_view to_string(log_level level) noexcept {
  switch (level) {
  case log_level::debug:
    return "debug";
  case log_level::info:
    return "info";
  case log_level::warn:
    return "warn";
  case log_level::error:
    return "error";
  }
  return "?";
}

/// One machine-readable detail of a line: {"request_id", "r-17"}.
struct log_field {
  std::string_view name; ///< snake_case
  std::string value;
};

struct log_line {
  std::chrono::system_clock::time_point time;
  log_level level = log_level::info;
  std::string_view component; ///< "node", "grpc", "worker"
  std::string_view text;      ///< the same words every time; what varies goes into fields
  std::span<const log_field> fields;
};

/// text: `2026-11-21T03:00:00.123Z info  node: ready listen=127.0.0.1:7700`
/// json: {"time":…,"level":…,"component":…,"text":…, then the fields as strings}
/// One line in any case: control characters are escaped, invalid UTF-8 is replaced in json.
std::string render(const log_line& line, log_format format);

} // namespace weft
