#include "runtime/settings/settings_api_key.hpp"

#include <algorithm>

namespace weft {
namespace {

constexpr size_t hash_digits = 64;
constexpr size_t tenant_bytes_max = 64;

failure bad(std::string why) {
  return {errc::invalid_argument, std::move(why)};
}

} // namespace

result<setting_api_key> parse_setting_api_key(std::string_view name, std::string_view value) {
  setting_api_key out{.name = std::string{name}, .hash = {}, .tenant = std::string{name}};
  const auto role_end = value.find(':');
  const auto word = value.substr(0, role_end);
  if (word == "operator")
    out.caller = role::operator_;
  else if (word != "client")
    return bad("the role of an API key is client or operator");
  const auto rest = role_end == std::string_view::npos ? std::string_view{} : value.substr(role_end + 1);
  const auto hash = rest.substr(0, rest.find(':'));
  if (hash.size() != hash_digits || hash.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
    return bad("the hash of an API key has 64 hex digits");
  for (char c : hash)
    out.hash += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  if (rest.size() == hash_digits)
    return out;
  out.tenant = rest.substr(hash_digits + 1);
  const bool blank = std::any_of(out.tenant.begin(), out.tenant.end(), [](char c) { return c <= ' ' || c == ':'; });
  if (out.tenant.empty() || out.tenant.size() > tenant_bytes_max || blank)
    return bad("the tenant of an API key has 1 to 64 characters, no blank and no colon");
  return out;
}

} // namespace weft
