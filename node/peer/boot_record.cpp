#include "node/peer/boot_record.hpp"

#include "runtime/storage/atomic_file.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <random>
#include <sstream>

namespace weft {
namespace {

constexpr const char* record_name = "node-id";
constexpr const char* peers_name = "known-peers";
constexpr size_t record_bytes_max = 256;
constexpr size_t peers_bytes_max = 65'536;

template <class T> std::optional<T> read_number(std::string_view text, int base) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::string hex(uint64_t value) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out(16, '0');
  for (size_t i = 16; i-- > 0; value >>= 4)
    out[i] = digits[value & 15];
  return out;
}

uint64_t draw_id() {
  std::random_device device;
  uint64_t id = 0;
  while (id == 0)
    id = uint64_t{device()} << 32 | device();
  return id;
}

} // namespace

result<boot_record> open_boot_record(const std::filesystem::path& folder, std::chrono::sys_seconds now) {
  const auto file = folder / record_name;
  auto content = read_small_file(file, record_bytes_max);
  if (!content)
    return content.error();
  uint64_t id = 0, last = 0;
  if (*content) {
    std::istringstream in{**content};
    std::string first, second;
    in >> first >> second;
    const auto known = read_number<uint64_t>(first, 16);
    const auto epoch = read_number<uint64_t>(second, 10);
    if (!known || *known == 0 || !epoch || *epoch == std::numeric_limits<uint64_t>::max())
      return failure{errc::state_damaged, file.string() + " is damaged; remove it, and the node joins as a new member"};
    id = *known;
    last = *epoch;
  }
  const auto clock = static_cast<uint64_t>(std::max<int64_t>(now.time_since_epoch().count(), 0));
  const boot_record out{.node = node_id{id == 0 ? draw_id() : id}, .epoch = boot_epoch{std::max(last + 1, clock)}};
  const auto line =
      hex(static_cast<uint64_t>(out.node)) + ' ' + std::to_string(static_cast<uint64_t>(out.epoch)) + '\n';
  if (auto written = write_atomically(file, line); !written)
    return written.error();
  return out;
}

std::vector<std::string> read_known_peers(const std::filesystem::path& folder) {
  const auto content = read_small_file(folder / peers_name, peers_bytes_max);
  std::vector<std::string> out;
  if (!content || !*content)
    return out;
  std::istringstream in{**content};
  for (std::string line; std::getline(in, line);)
    if (!line.empty())
      out.push_back(std::move(line));
  return out;
}

void write_known_peers(const std::filesystem::path& folder, const std::vector<std::string>& addresses) {
  std::string content;
  for (const auto& address : addresses)
    content += address + '\n';
  (void)write_atomically(folder / peers_name, content);
}

} // namespace weft
