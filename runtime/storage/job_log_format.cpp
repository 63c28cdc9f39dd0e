#include "runtime/storage/job_log_format.hpp"

#include "runtime/storage/atomic_file.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view format_words = "weft job log, format ";
constexpr size_t format_bytes_max = 128;

std::optional<uint32_t> parse_format(std::string_view text) {
  if (!text.starts_with(format_words) || !text.ends_with('\n'))
    return std::nullopt;
  text.remove_prefix(format_words.size());
  text.remove_suffix(1);
  uint32_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

bool has_database(const fs::path& path) {
  std::error_code failed;
  return fs::exists(database_folder(path) / "CURRENT", failed);
}

failure refusal(const fs::path& path, uint32_t found, const std::string& rest) {
  return {errc::state_damaged,
          "the jobs in " + path.string() + " have format " + std::to_string(found) + rest,
          {{"file", path.string()}}};
}

status make_new(const fs::path& path, uint32_t format) {
  std::error_code failed;
  fs::create_directories(database_folder(path), failed); // both before FORMAT, which is synced with them
  if (failed) {
    const bool full = failed == std::errc::no_space_on_device;
    return failure{full ? errc::storage_full : errc::storage_failed,
                   "cannot make " + database_folder(path).string() + ": " + failed.message()};
  }
  if (auto synced = sync_folder(path.parent_path()); !synced)
    return synced;
  return write_format(path, format);
}

} // namespace

result<std::optional<uint32_t>> read_format(const fs::path& path) {
  const auto text = read_small_file(path / "FORMAT", format_bytes_max);
  if (!text)
    return text.error();
  if (!*text)
    return has_database(path) ? std::optional<uint32_t>{0} : std::nullopt;
  const auto format = parse_format(**text);
  if (!format)
    return failure{errc::state_damaged, (path / "FORMAT").string() + " does not name a format of jobs"};
  return format;
}

status write_format(const fs::path& path, uint32_t format) {
  return write_atomically(path / "FORMAT", std::string{format_words} + std::to_string(format) + "\n");
}

std::span<const format_step> format_steps() {
  return {};
}

format_outcome bring_to_format(const fs::path& path, uint32_t wanted, std::span<const format_step> steps) {
  const auto found = read_format(path);
  if (!found)
    return {found.error(), found.error().code == errc::state_damaged, false};
  if (!*found)
    return {make_new(path, wanted), false, false};
  uint32_t format = **found;
  if (format > wanted)
    return {refusal(path, format,
                    ", newer than format " + std::to_string(wanted) +
                        " of this release: run the release that wrote them, or move the folder away"),
            false, true};
  for (; format < wanted; ++format) {
    const auto step = std::find_if(steps.begin(), steps.end(), [&](const auto& s) { return s.from == format; });
    if (step == steps.end())
      return {refusal(path, format,
                      ", which this release cannot bring to format " + std::to_string(wanted) +
                          ": run a release in between first, or move the folder away"),
              false, true};
    if (auto moved = step->run(database_folder(path)); !moved)
      return {moved, false, false};
    if (auto written = write_format(path, format + 1); !written)
      return {written, false, false};
  }
  return {};
}

} // namespace weft
