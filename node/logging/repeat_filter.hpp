#pragma once

#include "runtime/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace weft {

/// Keeps a fault that happens a thousand times a second from filling the disk: of equal lines, `burst` pass in every
/// `window`, and the first of the next window tells how many were left out. Not thread-safe.
class repeat_filter {
public:
  struct limits {
    uint32_t burst = 5;
    duration window = std::chrono::seconds{10};
    size_t subjects_max = 1'024; ///< beyond that, further subjects pass unfiltered until old ones expire
  };

  repeat_filter() = default;
  explicit repeat_filter(limits l) : limits_(l) {}

  /// nullopt: leave the line out. A number: write it; so many equal ones were left out before it.
  std::optional<uint64_t> pass(std::string_view subject, time_point now);

private:
  struct state {
    time_point window_began;
    uint32_t passed = 0;
    uint64_t left_out = 0;
  };
  bool make_room(time_point now);

  limits limits_;
  std::unordered_map<std::string, state> subjects_;
};

} // namespace weft
