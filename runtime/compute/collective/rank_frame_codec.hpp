#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/rank_link.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

/// Frames as bytes, for links that carry bytes. Version 2: numbers little-endian; the kind, epoch, sender, formation,
/// then the fields of the body in their order; payloads and messages with their length (4 bytes) before them.
inline constexpr uint8_t rank_frame_version = 2;

/// No frame is larger.
inline constexpr size_t rank_frame_bytes_max = rank_payload_bytes_max + 72;

/// REQUIRES: at most rank_payload_bytes_max of payload, rank_message_bytes_max of message.
std::string encode(const rank_frame& frame);

/// Bytes that may be anything. errc::invalid_argument: not a frame of this version; every length, number and code is
/// checked, and no more memory is used than the bytes that are there.
result<rank_frame> decode_rank_frame(std::string_view bytes);

} // namespace weft
