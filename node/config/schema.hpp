#pragma once

#include "node/config/config.hpp"
#include "runtime/base/result.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weft {

/// What a key can hold; enumerations are texts out of `choices`.
using config_value = std::variant<bool, int64_t, std::string, std::vector<std::string>>;

enum class config_kind : uint8_t {
  boolean,
  integer,
  text,
  choice,
  address,          ///< HOST:PORT; port 0 takes a free one
  optional_address, ///< HOST:PORT or empty
  texts,
  addresses,
};

/// One key: the only place that knows its name, range and meaning. The default is the member initializer in
/// config.hpp, so it is stated once.
struct config_key {
  std::string_view section;
  std::string_view name;
  config_kind kind;
  bool needs_restart; ///< false: SIGHUP applies it
  std::string_view doc;
  config_value (*get)(const node_config&);
  void (*set)(node_config&, const config_value&); ///< REQUIRES: a value that check_value() accepts
  std::string_view choices{};                     ///< "auto|fp32", for config_kind::choice
  int64_t min = 0;                                ///< of an integer; of a text, its least length
  int64_t max = std::numeric_limits<int64_t>::max();
};

/// Every key, section by section.
std::span<const config_key> config_keys() noexcept;

/// "node.listen"
std::string full_name(const config_key& key);

/// "WEFT_NODE_LISTEN"
std::string environment_name(const config_key& key);

/// The key called "section.name", or null.
const config_key* find_key(std::string_view full_name) noexcept;

/// The full name of a known key that is spelled most alike, or "" when nothing is near.
std::string nearest_key(std::string_view full_name);

/// The section that is spelled most like the one of this name, or "" when none is near.
std::string nearest_section(std::string_view full_name);

/// Fails with errc::invalid_argument and a message such as "must be 1 to 8 (it is 9)".
status check_value(const config_key& key, const config_value& value);

/// Reads a value as flags and environment variables write it: lists with commas, booleans true or false.
result<config_value> parse_value(const config_key& key, std::string_view text);

/// The value as TOML writes it.
std::string to_toml(const config_value& value);

} // namespace weft
