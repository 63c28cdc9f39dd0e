#pragma once

#include "node/grpc/convert_compress.hpp"
#include "node/grpc/embed_stream.hpp"
#include "runtime/compress/text/window_cutter.hpp"

namespace weft {

/// Bytes of a window of a stream.
inline constexpr uint32_t window_bytes_min = 16'384;
inline constexpr uint32_t window_bytes_default = 262'144;
inline constexpr uint32_t window_bytes_max = 4'194'304;

/// How much of one CompressStream may be in the node at once: 4 windows with the actors, as many that wait or are
/// answered and not read, and of large ones fewer. A window is a call of its own; compressing it takes about ten times
/// its bytes, and 100 MB of text must fit through 64 MiB.
constexpr stream_limits compress_stream_limits{
    .items_max = 8, .bytes_max = 2'097'152, .group_items_max = 1, .group_bytes_max = 1, .groups_max = 4};

/// Cuts the pieces of a CompressStream into windows, each a text of its own for embed_stream. What is left of a piece
/// waits here, up to a window, on credit that is taken with the first message and held as long as the stream.
class compress_stream_codec final : public stream_codec {
public:
  explicit compress_stream_codec(std::shared_ptr<byte_budget> windows) : windows_(std::move(windows)) {}

  std::string_view operation() const noexcept override { return "compress_stream"; }
  /// Fails also with errc::overloaded: too many streams gather windows.
  result<embed_request> read(const grpc::ByteBuffer& message, const node_view& view) override;
  embed_request rest() override;
  std::vector<grpc::ByteBuffer> write(const stream_group& group, const embed_request& request,
                                      const embed_result& result, std::chrono::nanoseconds total) const override;
  /// errc::invalid_argument is about the options, and so ends the stream.
  std::optional<grpc::ByteBuffer> write_error(const stream_group& group, const embed_request& request,
                                              const failure& reason) const override;

private:
  status begin(const compress_piece& first);
  status check_later(const compress_piece& later) const;

  const std::shared_ptr<byte_budget> windows_;
  byte_credit credit_;
  // What the first message fixed; unchanged once a window came.
  bool begun_ = false;
  embed_request like_; ///< without texts
  compress_wish wish_;
  uint32_t window_bytes_ = 0;
  std::optional<window_cutter> cutter_;
};

} // namespace weft
