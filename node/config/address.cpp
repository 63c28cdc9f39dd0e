#include "node/config/address.hpp"

#include <algorithm>
#include <charconv>

namespace weft {
namespace {

bool valid_host(std::string_view host, bool bracketed) {
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [&](char ch) {
    return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '.' || ch == '-' ||
           ch == '_' || (bracketed && (ch == ':' || ch == '%'));
  });
}

} // namespace

result<network_address> parse_address(std::string_view text) {
  const failure bad{.code = errc::invalid_argument,
                    .message = "must be HOST:PORT, for instance 127.0.0.1:7700 or [::1]:7700 (it is \"" +
                               std::string{text} + "\")"};
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return bad;
  auto host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  const auto port = text.substr(colon + 1);
  network_address out{.host = std::string{host}};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (!valid_host(host, bracketed) || port.empty() || error != std::errc{} || end != port.data() + port.size())
    return bad;
  return out;
}

std::string with_port(std::string_view address, uint16_t port) {
  return std::string{address.substr(0, address.rfind(':') + 1)} + std::to_string(port);
}

bool is_loopback(const network_address& address) noexcept {
  const bool numeric = address.host.find_first_not_of("0123456789.") == std::string::npos;
  return (numeric && address.host.starts_with("127.")) || address.host == "::1" || address.host == "localhost";
}

} // namespace weft
