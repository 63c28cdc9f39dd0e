#include "node/settings_store.hpp"

#include "runtime/storage/atomic_file.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <system_error>
#include <utility>

namespace weft {
namespace {

// Twice the settings' own limit and room for versions: more is no file of ours.
constexpr size_t file_bytes_max = 32u << 20;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

} // namespace

settings_store::settings_store(const std::filesystem::path& folder, std::shared_ptr<node_log> log)
    : file_(folder / "settings"), log_(std::move(log)) {}

std::optional<stored_settings> settings_store::load() const {
  const auto bytes = read_small_file(file_, file_bytes_max);
  if (bytes && !*bytes)
    return std::nullopt;
  auto stored = bytes ? decode_settings(**bytes, file_.string()) : result<stored_settings>{bytes.error()};
  if (stored)
    return *std::move(stored);
  auto aside = file_;
  aside += ".damaged";
  std::error_code problem;
  std::filesystem::rename(file_, aside, problem);
  log_->write(log_level::error, "settings",
              "the settings on disk cannot be used and were moved aside; the other nodes bring them back",
              {{"file", file_.string()},
               {"moved_to", problem ? "(" + problem.message() + ")" : aside.string()},
               {"reason", stored.error().message}});
  return std::nullopt;
}

status settings_store::save(const std::string& bytes) const {
  return write_atomically(file_, bytes);
}

wall_time wall_now() noexcept {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::vector<api_key> join_api_keys(std::vector<api_key> configured, const settings_effects& effects) {
  auto out = std::move(configured);
  for (const auto& key : effects.api_keys) {
    const auto same = [&](const api_key& known) { return known.name == key.name || lower(known.hash) == key.hash; };
    if (std::ranges::none_of(out, same))
      out.push_back({.name = key.name, .tenant = key.tenant, .caller = key.caller, .hash = key.hash});
  }
  return out;
}

status check_operator_stays(const std::vector<api_key>& keys) {
  const auto is_operator = [](const api_key& key) { return key.caller == role::operator_; };
  if (keys.empty() || std::ranges::any_of(keys, is_operator))
    return ok;
  return failure{errc::invalid_argument,
                 "there would be API keys, but none of an operator, and nobody could change the "
                 "settings any more; add an operator key first: weft settings set "
                 "api_key.NAME operator:HASH"};
}

} // namespace weft
