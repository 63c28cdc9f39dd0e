#include "runtime/settings/settings_values.hpp"

#include "runtime/settings/settings_keys.hpp"

namespace weft {
namespace {

constexpr std::string_view generation_key = "cache.generation";
constexpr std::string_view api_key_prefix = "api_key.";

std::string_view value_of(const settings_map& map, std::string_view key) {
  const auto* entry = map.find(key);
  return entry ? std::string_view{entry->value} : std::string_view{};
}

} // namespace

result<settings_entry> change_setting(settings_map& map, std::string_view key, std::string_view value, node_id writer,
                                      wall_time now) {
  if (auto valid = check_setting(key, value); !valid)
    return valid.error();
  return map.set(key, value, writer, now);
}

result<settings_entry> remove_setting(settings_map& map, std::string_view key, node_id writer, wall_time now) {
  if (const auto* rule = find_setting_rule(key); rule && rule->counter)
    return failure{
        errc::invalid_argument, std::string{key} + " only rises: it cannot be removed", {{"key", std::string{key}}}};
  return map.remove(key, writer, now);
}

uint64_t cache_generation(const settings_map& map) {
  const auto* entry = map.find(generation_key);
  return entry ? entry->number : 0;
}

result<uint64_t> raise_cache_generation(settings_map& map, node_id writer, wall_time now) {
  const uint64_t next = cache_generation(map) + 1;
  if (auto raised = map.set(generation_key, std::to_string(next), writer, now, next); !raised)
    return raised.error();
  return next;
}

std::vector<setting_api_key> api_keys(const settings_map& map) {
  std::vector<setting_api_key> out;
  for (const auto& entry : map.list(api_key_prefix))
    if (auto parsed = parse_setting_api_key(std::string_view{entry.key}.substr(api_key_prefix.size()), entry.value))
      out.push_back(std::move(*parsed));
  return out;
}

bool tenant_active(const settings_map& map, std::string_view tenant) {
  return value_of(map, "tenant." + std::string{tenant}) != "suspended";
}

bool cache_shared(const settings_map& map, std::string_view operation) {
  return value_of(map, "cache.scope." + std::string{operation}) == "shared";
}

} // namespace weft
