#include "tools/weft/endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace weft::cli {
namespace {

failure bad(std::string message) {
  return {errc::invalid_argument, std::move(message)};
}

std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t'))
    s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t'))
    s.remove_suffix(1);
  return s;
}

/// Where the port begins, after its colon; npos when there is none.
size_t port_position(std::string_view s) {
  const size_t bracket = s.rfind(']');
  const size_t colon = s.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket))
    return std::string_view::npos;
  return colon + 1;
}

result<std::string> parse_endpoint(std::string_view s) {
  if (s.find("://") != std::string_view::npos)
    return bad("'" + std::string{s} + "' is a URL; an endpoint is HOST:PORT");
  if (s.find_first_of("/ \t@") != std::string_view::npos)
    return bad("'" + std::string{s} + "' is not HOST:PORT");
  if (s.front() != '[' && std::count(s.begin(), s.end(), ':') > 1)
    return bad("'" + std::string{s} + "' has several colons; an IPv6 address is written [::1]:7700");
  const size_t port = port_position(s);
  if (port == std::string_view::npos)
    return std::string{s} + ":7700";
  uint32_t number = 0;
  const char* end = s.data() + s.size();
  const auto parsed = std::from_chars(s.data() + port, end, number);
  if (port == 1 || parsed.ec != std::errc{} || parsed.ptr != end || number == 0 || number > 65535)
    return bad("'" + std::string{s} + "' is not HOST:PORT");
  return std::string{s};
}

std::optional<double> unit_milliseconds(std::string_view unit, bool days) {
  if (unit == "ms")
    return 1;
  if (unit.empty() || unit == "s")
    return 1e3;
  if (unit == "m")
    return 60e3;
  if (unit == "h")
    return 3600e3;
  if (unit == "d" && days)
    return 24 * 3600e3;
  return std::nullopt;
}

} // namespace

result<std::vector<std::string>> parse_endpoints(const std::vector<std::string>& values) {
  std::vector<std::string> endpoints;
  for (std::string_view rest : values) {
    while (!rest.empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view one = trim(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      if (one.empty())
        continue;
      auto endpoint = parse_endpoint(one);
      if (!endpoint)
        return endpoint.error();
      if (std::find(endpoints.begin(), endpoints.end(), *endpoint) == endpoints.end())
        endpoints.push_back(*std::move(endpoint));
    }
  }
  if (endpoints.empty())
    return bad("an endpoint is HOST:PORT, and the list is empty");
  return endpoints;
}

bool is_loopback(std::string_view endpoint) {
  return endpoint.starts_with("127.") || endpoint.starts_with("localhost:") || endpoint.starts_with("[::1]");
}

result<std::chrono::milliseconds> parse_duration(std::string_view text, std::chrono::hours most) {
  const bool days = most > std::chrono::hours{24};
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto unit = unit_milliseconds(text.substr(static_cast<size_t>(parsed.ptr - text.data())), days);
  if (parsed.ec != std::errc{} || !unit)
    return bad("'" + std::string{text} + "' is not a duration: write 500ms, 30s, 2m" +
               (days ? ", 1h or 7d" : " or 1h"));
  const double milliseconds = number * *unit;
  if (!(milliseconds >= 1) || milliseconds > static_cast<double>(std::chrono::milliseconds{most}.count()))
    return bad("'" + std::string{text} + "' is out of range: 1ms to " + std::to_string(most.count()) + "h");
  return std::chrono::milliseconds{static_cast<int64_t>(milliseconds)};
}

} // namespace weft::cli
