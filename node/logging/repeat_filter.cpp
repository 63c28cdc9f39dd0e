#include "node/logging/repeat_filter.hpp"

#include <utility>

namespace weft {

std::optional<uint64_t> repeat_filter::pass(std::string_view subject, time_point now) {
  const std::string key{subject};
  auto at = subjects_.find(key);
  if (at == subjects_.end()) {
    if (subjects_.size() >= limits_.subjects_max && !make_room(now))
      return 0;
    subjects_.emplace(key, state{.window_began = now, .passed = 1});
    return 0;
  }
  auto& s = at->second;
  if (now - s.window_began >= limits_.window) {
    s.window_began = now;
    s.passed = 0;
  }
  if (s.passed >= limits_.burst) {
    ++s.left_out;
    return std::nullopt;
  }
  ++s.passed;
  return std::exchange(s.left_out, 0);
}

bool repeat_filter::make_room(time_point now) {
  std::erase_if(subjects_, [&](const auto& entry) { return now - entry.second.window_began >= limits_.window; });
  return subjects_.size() < limits_.subjects_max;
}

} // namespace weft
