#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

/// Cuts a stream of bytes into windows that are compressed one by one. A window has at most window_bytes bytes and more
/// than half of them, the last one excepted; it ends at the last paragraph end of its second half, else line end, else
/// sentence end, else white space, else between two characters. All windows together are the stream, byte for byte,
/// however it came in pieces. Holds less than a window and a piece where next() is called until it gives nothing after
/// each add(). Not thread-safe. REQUIRES: window_bytes >= 16.
///
///   for each piece: cutter.add(piece); while (auto window = cutter.next()) …
///   while (auto window = cutter.finish()) …
class window_cutter {
public:
  explicit window_cutter(uint32_t window_bytes);

  void add(std::string_view piece);
  /// The next window, once more than window_bytes are held: what follows the last byte may decide where it ends.
  std::optional<std::string> next();
  /// At the end of the stream: what is left, window by window, then nothing.
  std::optional<std::string> finish();

  size_t held_bytes() const noexcept { return held_.size() - taken_; }

private:
  size_t find_cut(std::string_view held) const noexcept;
  std::string take(size_t bytes);

  size_t window_bytes_;
  std::string held_;
  size_t taken_ = 0; ///< bytes at its front that are gone
};

} // namespace weft
