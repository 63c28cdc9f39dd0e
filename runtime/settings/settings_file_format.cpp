#include "runtime/settings/settings_file_format.hpp"

#include <xxhash.h>

namespace weft {
namespace {

constexpr std::string_view magic = "WEFTSETS";
constexpr uint32_t format_version = 1;
constexpr size_t checksum_bytes = 8;

template <class T> void put(std::string& out, T number) {
  for (size_t i = 0; i < sizeof number; ++i)
    out += static_cast<char>(static_cast<uint64_t>(number) >> (8 * i) & 0xFF);
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<uint32_t>(text.size()));
  out += text;
}

/// Reads from the front; after the end everything is 0 and good() is false.
class reader {
public:
  explicit reader(std::string_view bytes) noexcept : left_(bytes) {}
  bool good() const noexcept { return good_; }
  bool at_end() const noexcept { return left_.empty(); }

  template <class T> T number() noexcept {
    uint64_t value = 0;
    const auto bytes = take(sizeof(T));
    for (size_t i = 0; i < bytes.size(); ++i)
      value |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
    return static_cast<T>(value);
  }
  std::string text() { return std::string{take(number<uint32_t>())}; }
  std::string_view take(size_t count) noexcept {
    if (count > left_.size())
      good_ = false;
    if (!good_)
      return {};
    const auto out = left_.substr(0, count);
    left_.remove_prefix(count);
    return out;
  }

private:
  std::string_view left_;
  bool good_ = true;
};

failure damaged(std::string_view name, std::string_view why) {
  return {errc::state_damaged, std::string{name} + ": " + std::string{why}, {{"file", std::string{name}}}};
}

} // namespace

std::string encode_settings(const settings_map& map, wall_time saved) {
  std::string out{magic};
  put(out, format_version);
  put(out, static_cast<int64_t>(saved.time_since_epoch().count()));
  put(out, static_cast<uint32_t>(map.slots().size()));
  for (const auto& [key, slot] : map.slots()) {
    put(out, slot.entry.number);
    put(out, static_cast<uint64_t>(slot.entry.writer));
    put(out, static_cast<int64_t>(slot.entry.changed.time_since_epoch().count()));
    put(out, static_cast<uint8_t>(slot.entry.removed ? 1 : 0));
    put_text(out, key);
    put_text(out, slot.entry.value);
  }
  put(out, uint64_t{XXH3_64bits(out.data(), out.size())});
  return out;
}

result<stored_settings> decode_settings(std::string_view bytes, std::string_view name) {
  if (bytes.size() < magic.size() + checksum_bytes || !bytes.starts_with(magic))
    return damaged(name, "not a settings file, or cut off");
  const auto body = bytes.substr(0, bytes.size() - checksum_bytes);
  reader tail{bytes.substr(body.size())};
  if (tail.number<uint64_t>() != XXH3_64bits(body.data(), body.size()))
    return damaged(name, "the checksum is wrong");
  reader in{body.substr(magic.size())};
  if (const auto version = in.number<uint32_t>(); version != format_version)
    return damaged(name, "format " + std::to_string(version) + " is of another release; this one reads format " +
                             std::to_string(format_version));
  stored_settings out;
  out.saved = wall_time{std::chrono::milliseconds{in.number<int64_t>()}};
  const auto count = in.number<uint32_t>();
  for (uint32_t i = 0; i < count && in.good(); ++i) {
    settings_entry entry;
    entry.number = in.number<uint64_t>();
    entry.writer = node_id{in.number<uint64_t>()};
    entry.changed = wall_time{std::chrono::milliseconds{in.number<int64_t>()}};
    entry.removed = in.number<uint8_t>() != 0;
    entry.key = in.text();
    entry.value = in.text();
    out.entries.push_back(std::move(entry));
  }
  if (!in.good() || !in.at_end())
    return damaged(name, "the entries do not fill the file");
  return out;
}

} // namespace weft
