#include "runtime/settings/settings_keys.hpp"

#include "runtime/base/edit_distance.hpp"
#include "runtime/base/valid_name.hpp"
#include "runtime/compress/policy.hpp"
#include "runtime/registry/operation_registry.hpp"
#include "runtime/settings/settings_api_key.hpp"

#include <algorithm>
#include <array>

namespace weft {
namespace {

bool is_scope(std::string_view text) {
  return text == "tenant" || text == "shared";
}

bool is_tenant_state(std::string_view text) {
  return text == "active" || text == "suspended";
}

bool is_api_key(std::string_view text) {
  return static_cast<bool>(parse_setting_api_key("name", text));
}

bool is_policy(std::string_view text) {
  return static_cast<bool>(parse_policy(text));
}

constexpr std::array operations{embed_name, compress_name};

constexpr std::array rules{
    setting_rule{"api_key.*", "ROLE:SHA256 or ROLE:SHA256:TENANT",
                 "An API key by its name: its role (client or operator), its SHA-256 in hex, never the key itself.",
                 false, is_api_key},
    setting_rule{
        "cache.generation", "what `weft cache clear` makes it",
        "Part of every cached result's identity; `weft cache clear` raises it, so older results are found no more.",
        true},
    setting_rule{"cache.scope.*", "tenant|shared",
                 "Whether an operation's cached results are shared between tenants (default: tenant).", false, is_scope,
                 operations},
    setting_rule{"compress.policy", "a table as `weft compress policy` prints it",
                 "By which table `compress` with strategy auto chooses (default: the release's own).", false,
                 is_policy},
    setting_rule{"tenant.*", "active|suspended", "Whether a tenant's calls are let in (default: active).", false,
                 is_tenant_state},
};

constexpr std::string_view stem(std::string_view pattern) {
  return pattern.ends_with('*') ? pattern.substr(0, pattern.size() - 1) : pattern;
}

bool matches(const setting_rule& rule, std::string_view key) {
  const auto before = stem(rule.pattern);
  if (before.size() == rule.pattern.size())
    return key == rule.pattern;
  return key.starts_with(before) && valid_name(key.substr(before.size()));
}

std::string nearest_name(const setting_rule& rule, std::string_view name) {
  const auto apart = [&](std::string_view known) { return edit_distance(name, known); };
  return std::string{*std::ranges::min_element(rule.names, {}, apart)};
}

failure wrong(std::string_view key, std::string message) {
  return {errc::invalid_argument, std::move(message), {{"key", std::string{key}}}};
}

} // namespace

std::span<const setting_rule> setting_rules() noexcept {
  return rules;
}

const setting_rule* find_setting_rule(std::string_view key) noexcept {
  const auto at = std::find_if(rules.begin(), rules.end(), [&](const auto& rule) { return matches(rule, key); });
  return at == rules.end() ? nullptr : &*at;
}

std::string nearest_setting(std::string_view key) {
  std::string best;
  size_t best_distance = key.size() / 3 + 1; // more than a third of the letters wrong is another word
  for (const auto& rule : rules) {
    const auto before = stem(rule.pattern);
    std::string candidate{rule.pattern};
    size_t distance = edit_distance(key, rule.pattern);
    // A family is compared without the name, which is whatever the caller says, and may have dots of its own.
    const bool family = before.size() < rule.pattern.size();
    for (auto dot = family ? key.find('.') : key.npos; dot != key.npos; dot = key.find('.', dot + 1)) {
      const auto apart = edit_distance(key.substr(0, dot + 1), before);
      if (apart >= distance)
        continue;
      distance = apart;
      const auto name = key.substr(dot + 1);
      candidate = valid_name(name) ? std::string{before} + std::string{name} : std::string{rule.pattern};
    }
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

status check_setting(std::string_view key, std::string_view value) {
  const auto* rule = find_setting_rule(key);
  if (!rule) {
    const auto near = nearest_setting(key);
    return wrong(key, "there is no setting '" + std::string{key.substr(0, 128)} + "'" +
                          (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  if (rule->counter)
    return wrong(key, std::string{key} + " cannot be set: `weft cache clear` raises it");
  const auto name = key.substr(stem(rule->pattern).size());
  if (!rule->names.empty() && std::ranges::find(rule->names, name) == rule->names.end())
    return wrong(key, "there is no operation '" + std::string{name} + "'; did you mean '" +
                          std::string{stem(rule->pattern)} + nearest_name(*rule, name) + "'?");
  if (!rule->valid(value))
    return wrong(key, std::string{key} + " takes " + std::string{rule->value});
  return ok;
}

} // namespace weft
