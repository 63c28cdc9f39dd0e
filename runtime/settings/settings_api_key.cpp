#include "runtime/settings/settings_api_key.hpp"

#include "runtime/base/valid_name.hpp"

namespace weft {
namespace {

constexpr size_t hash_digits = 64;

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
  if (!valid_name(out.tenant))
    return bad("the tenant of an API key has " + std::string{name_rule});
  return out;
}

} // namespace weft
