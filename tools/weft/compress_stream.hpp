#pragma once

#include "tools/weft/byte_reader.hpp"
#include "tools/weft/compress_calls.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace weft::cli {

struct compress_stream_settings {
  compress_settings compress;
  uint32_t window_bytes = 0; ///< 0: the node's default, 256 KiB
  std::string name{};        ///< of the text, in its results
  /// Without any answer for this long, while one is due, a node counts as stuck: a window of 4 MiB takes minutes to
  /// embed on a small machine.
  std::chrono::milliseconds stall_max{300'000};
};

/// Sends one text of any length through CompressStream and hands each window on as it comes, in bounded memory. When a
/// node is lost, the next one goes on with the first window that has no answer. Returns what ended it early; windows
/// that failed alone are no such problem. Blocks until the end; runs a thread each for reading, writing and watching.
/// `stop` is given where the text was not read to its end.
std::optional<problem> compress_stream(client& to, byte_reader& text, stop_signal& stop,
                                       const compress_stream_settings& settings, const compress_sink& sink);

} // namespace weft::cli
