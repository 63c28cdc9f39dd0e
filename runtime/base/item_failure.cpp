#include "runtime/base/item_failure.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>
#include <string_view>

namespace weft {
namespace {

constexpr std::string_view prefix = "text ";

auto find_item(const failure& reason) {
  return std::ranges::find(reason.metadata, "item", [](const auto& pair) { return std::string_view{pair.first}; });
}

} // namespace

std::optional<uint32_t> item_of(const failure& reason) {
  const auto found = find_item(reason);
  if (found == reason.metadata.end())
    return std::nullopt;
  uint32_t item = 0;
  const auto* end = found->second.data() + found->second.size();
  const auto [rest, error] = std::from_chars(found->second.data(), end, item);
  return error == std::errc{} && rest == end ? std::optional{item} : std::nullopt;
}

failure rename_item(failure reason, uint32_t to) {
  const auto found = find_item(reason);
  if (found == reason.metadata.end())
    return reason;
  const auto named = std::string{prefix} + found->second;
  if (reason.message.starts_with(named) && (reason.message.size() == named.size() ||
                                            !std::isdigit(static_cast<unsigned char>(reason.message[named.size()]))))
    reason.message = std::string{prefix} + std::to_string(to) + reason.message.substr(named.size());
  const auto index = static_cast<size_t>(found - reason.metadata.begin());
  reason.metadata[index].second = std::to_string(to);
  return reason;
}

} // namespace weft
