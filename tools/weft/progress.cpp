#include "tools/weft/progress.hpp"

#include "tools/weft/output.hpp"
#include "tools/weft/utf8.hpp"

#include <algorithm>

namespace weft::cli {
std::optional<std::string> progress::update(uint64_t items, uint64_t bytes, time_point now, size_t columns) {
  if (now - start_ < first_after || (shown_ && now - last_ < every))
    return std::nullopt;
  shown_ = true;
  last_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  std::string line = counted(items, "text") + "  " + in_figures(static_cast<double>(items) / seconds) + "/s";
  if (bytes_total_ && *bytes_total_ > 0) {
    const double share = std::min(1.0, static_cast<double>(bytes) / static_cast<double>(*bytes_total_));
    line += "  " + bar(share, 20) + "  " + std::to_string(static_cast<int>(share * 100)) + "%";
    if (share > 0)
      line += "  " + in_time(static_cast<uint64_t>(seconds / share - seconds + 0.5)) + " left";
  } else {
    line += "  " + in_bytes(bytes) + "  " + in_time(static_cast<uint64_t>(seconds));
  }
  return shorten(line, columns);
}

} // namespace weft::cli
