#include "node/config/api_key_entry.hpp"

#include "runtime/base/valid_name.hpp"

#include <vector>

namespace weft {
namespace {

bool is_hash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

} // namespace

result<api_key_entry> parse_api_key_entry(std::string_view line) {
  std::vector<std::string> parts;
  for (const char ch : std::string{':'} + std::string{line}) {
    if (ch == ':')
      parts.emplace_back();
    else
      parts.back() += ch;
  }
  const auto bad = [](std::string what) { return failure{.code = errc::invalid_argument, .message = std::move(what)}; };
  if (parts.size() != 3 && parts.size() != 4)
    return bad("an entry must be NAME:ROLE:SHA256, as `weftd make-api-key` prints it");
  if (!valid_name(parts[0]) || !valid_name(parts.back()))
    return bad("the name and the tenant of an entry must have " + std::string{name_rule});
  if (parts[1] != "client" && parts[1] != "operator")
    return bad("the role of the entry \"" + parts[0] + "\" must be client or operator");
  if (!is_hash(parts[2]))
    return bad("the hash of the entry \"" + parts[0] + "\" must be 64 hex digits");
  return api_key_entry{.name = parts[0],
                       .role = parts[1] == "client" ? role::client : role::operator_,
                       .hash = parts[2],
                       .tenant = parts.size() == 4 ? parts[3] : parts[0]};
}

std::string to_line(const api_key_entry& entry) {
  return entry.name + (entry.role == role::operator_ ? ":operator:" : ":client:") + entry.hash +
         (entry.tenant == entry.name ? "" : ':' + entry.tenant);
}

} // namespace weft
