#include "node/grpc/authentication.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstring>
#include <set>

namespace weft {
namespace {

using sha256_digest = std::array<uint8_t, 32>;

sha256_digest sha256(std::string_view bytes) {
  sha256_digest out;
  const int done = EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, EVP_sha256(), nullptr);
  WEFT_ASSERT(done == 1);
  return out;
}

uint64_t bucket(const sha256_digest& digest) noexcept {
  uint64_t out;
  std::memcpy(&out, digest.data(), sizeof out);
  return out;
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::optional<sha256_digest> parse_digest(std::string_view hex) noexcept {
  sha256_digest out;
  if (hex.size() != 2 * out.size())
    return std::nullopt;
  for (size_t i = 0; i < out.size(); ++i) {
    const int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0)
      return std::nullopt;
    out[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return out;
}

failure refused(std::string message) {
  return {errc::unauthenticated, std::move(message)};
}

} // namespace

result<std::shared_ptr<const key_ring>> key_ring::make(const std::vector<api_key>& keys) {
  auto ring = std::make_shared<key_ring>();
  std::set<std::string_view> names;
  for (const auto& key : keys) {
    const auto invalid = [&key](std::string_view why) {
      return failure{errc::invalid_argument, "API key '" + key.name + "': " + std::string(why)};
    };
    if (!names.insert(key.name).second)
      return invalid("the name is given twice");
    const auto hash = parse_digest(key.hash);
    if (!hash)
      return invalid("the hash must be the SHA-256 of the key in 64 hex digits");
    if (key.caller == role::anonymous)
      return invalid("the role must be client or operator");
    if (!ring->callers_.try_emplace(bucket(*hash), entry{*hash, {key.tenant, key.caller}}).second)
      return invalid("another key has the same hash");
  }
  return std::shared_ptr<const key_ring>(std::move(ring));
}

result<api_caller> key_ring::caller(std::string_view authorization) const {
  if (open())
    return api_caller{};
  constexpr std::string_view scheme = "bearer ";
  if (authorization.empty())
    return refused("the call carries no 'authorization: Bearer KEY'");
  bool bearer = authorization.size() > scheme.size();
  for (size_t i = 0; bearer && i < scheme.size(); ++i) // schemes are case-insensitive (RFC 9110)
    bearer = (authorization[i] | 0x20) == scheme[i];
  if (!bearer)
    return refused("the authorization header is not of the form 'Bearer KEY'");
  const auto hash = sha256(authorization.substr(scheme.size()));
  const auto found = callers_.find(bucket(hash));
  if (found == callers_.end() || CRYPTO_memcmp(found->second.hash.data(), hash.data(), hash.size()) != 0)
    return refused("the API key is not known to this node");
  return found->second.caller;
}

std::string make_api_key() {
  std::array<uint8_t, 32> random;
  const int done = RAND_bytes(random.data(), static_cast<int>(random.size()));
  WEFT_ASSERT(done == 1);
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out = "weft_";
  uint32_t bits = 0, held = 0; // base64url without padding, RFC 4648
  for (const uint8_t byte : random) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 6; held -= 6)
      out += digits[bits >> (held - 6) & 63];
  }
  return out += digits[bits << (6 - held) & 63];
}

std::string hash_api_key(std::string_view key) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const uint8_t byte : sha256(key)) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

result<role> parse_role(std::string_view text) {
  if (text == "client")
    return role::client;
  if (text == "operator")
    return role::operator_;
  return failure{errc::invalid_argument, "the role is '" + std::string(text) + "'; it must be client or operator"};
}

} // namespace weft
