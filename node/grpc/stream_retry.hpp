#pragma once

#include "runtime/base/result.hpp"

#include <algorithm>
#include <chrono>

namespace weft {

/// What a stream does with a group that failed.
enum class stream_verdict : uint8_t {
  retry, ///< the node is busy: the stream waits, and through flow control its client does
  item,  ///< it is about one text
  end,   ///< no other text of the stream would fare better
};

constexpr stream_verdict judge(errc code) noexcept {
  switch (code) {
  case errc::overloaded:
  case errc::model_loading:
    return stream_verdict::retry;
  case errc::unknown_model:
  case errc::unknown_operation:
  case errc::other_identity:
  case errc::unauthenticated:
  case errc::permission_denied:
  case errc::draining:
  case errc::deadline_exceeded:
  case errc::cancelled:
  case errc::model_unusable:
    return stream_verdict::end;
  default:
    return stream_verdict::item;
  }
}

/// After this long without one answer, a refusal is handed to the client.
inline constexpr std::chrono::seconds stream_patience{30};

/// How long to wait before the n-th retry (from 1): what the refusal advises, doubled each time up to 1 s, of which
/// `jitter` (0 to 1) decides the upper half, so that streams do not come back together.
constexpr std::chrono::milliseconds stream_wait(uint32_t n, std::chrono::milliseconds advised, double jitter) noexcept {
  const auto base = std::clamp(advised, std::chrono::milliseconds(10), std::chrono::milliseconds(1'000));
  const auto full = std::min(base * (int64_t{1} << std::min(n - 1, 10u)), std::chrono::milliseconds(1'000));
  return full / 2 + std::chrono::milliseconds(static_cast<int64_t>(static_cast<double>(full.count() / 2) * jitter));
}

} // namespace weft
