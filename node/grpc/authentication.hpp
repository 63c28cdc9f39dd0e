#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/context.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weft {

/// One API key as the configuration holds it: never the key itself.
struct api_key {
  std::string name; ///< for people and logs
  std::string tenant;
  role caller = role::client; ///< client or operator_
  std::string hash;           ///< SHA-256 of the key, 64 hex digits
};

struct api_caller {
  std::string tenant;
  role caller = role::anonymous;
};

/// The API keys of a node. Immutable, so thread-safe.
///
/// Keys are 256 random bits, so one round of SHA-256 is enough to keep them secret if the configuration leaks: there is
/// nothing to guess, which is what slow password hashes protect. The first 64 bits of the hash pick the entry, the
/// whole is compared in constant time.
class key_ring {
public:
  /// Fails with errc::invalid_argument: a hash that is not 64 hex digits, a name or hash given twice, or no role.
  static result<std::shared_ptr<const key_ring>> make(const std::vector<api_key>& keys);

  /// No keys: everybody is let in as role::anonymous.
  bool open() const noexcept { return callers_.empty(); }

  /// `authorization` is the header's value, "Bearer KEY". Fails with errc::unauthenticated, without saying why in a
  /// way that tells a stranger more than the advice.
  result<api_caller> caller(std::string_view authorization) const;

private:
  using digest = std::array<uint8_t, 32>;
  struct entry {
    digest hash;
    api_caller caller;
  };
  std::unordered_map<uint64_t, entry> callers_; // by the first 64 bits of the hash
};

/// A new key: "weft_" and 256 random bits in base64url.
std::string make_api_key();

/// What the configuration stores for a key: its SHA-256 in hex.
std::string hash_api_key(std::string_view key);

/// "client" or "operator".
result<role> parse_role(std::string_view text);

} // namespace weft
