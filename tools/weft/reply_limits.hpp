#pragma once

#include "weft/v1/compress.pb.h"

#include <cstdint>

namespace weft::cli {

/// What a node puts into one reply at the most. node/grpc has the same number under the name compress_reply_bytes_max;
/// a test compares them.
inline constexpr uint64_t node_reply_bytes_max = 67'108'864;

/// What one answer may have here: also what the node does not count, the reasons of texts that failed (1 024 of 2 KiB
/// are 2 MiB), what holds for all, and tags.
inline constexpr uint64_t receive_bytes_max = node_reply_bytes_max + (uint64_t{8} << 20);

/// Bytes that the outcome of one text of a Compress may have, and no fewer than the node reckons with or sets aside for
/// it. With models of up to 1 024 dimensions.
uint64_t compress_outcome_bytes(const v1::CompressOptions& options, uint64_t text_bytes);

} // namespace weft::cli
