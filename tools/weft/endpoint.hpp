#pragma once

#include "runtime/base/result.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace weft::cli {

inline constexpr std::string_view default_endpoint = "127.0.0.1:7700";

/// One "HOST:PORT", "HOST" (port 7700), "[::1]:7700" or several with commas between, in order and without repeats.
result<std::vector<std::string>> parse_endpoints(const std::vector<std::string>& values);

/// Whether the host is this machine, so that an API key does not cross a network.
bool is_loopback(std::string_view endpoint);

/// "500ms", "30s", "2m", "1h" and, where more than a day is allowed, "7d"; a bare number means seconds. Above 0, at
/// most `most`.
result<std::chrono::milliseconds> parse_duration(std::string_view text,
                                                 std::chrono::hours most = std::chrono::hours{24});

} // namespace weft::cli
