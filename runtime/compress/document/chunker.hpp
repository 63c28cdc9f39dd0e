#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace weft {

/// Of all chunks but a document's last one.
inline constexpr size_t chunk_bytes_min = 4'096;
inline constexpr size_t chunk_bytes_mean = 16'384; ///< of random text; not a limit
inline constexpr size_t chunk_bytes_max = 65'536;

/// Bytes from a chunk's start that decide where it ends: enough of them stand for all that follows.
inline constexpr size_t chunk_sight = chunk_bytes_max + 1;
/// No cut depends on bytes that are farther behind it.
inline constexpr size_t cut_sight = 1'025;

/// Bytes of the chunk that begins where the text does. Depends on nothing before it and nothing beyond chunk_sight, so
/// where two texts have a cut in common and are equal from there on, so are all cuts that follow.
///
/// The cut is where a hash of the last 64 bytes happens to be small (a gear hash: each byte's constant is added to the
/// hash shifted by one), moved on to the next paragraph's end within 1 KiB, else line's end, else between two
/// characters. REQUIRES: valid UTF-8 from its first byte; all that the document has from there, or chunk_sight bytes.
size_t first_chunk_bytes(std::string_view text) noexcept;

/// The sizes of all chunks of a document. Linear.
std::vector<uint32_t> chunk_sizes(std::string_view text);

} // namespace weft
