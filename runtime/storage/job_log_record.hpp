#pragma once

#include "runtime/job/job_id.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

/// Keys as the database orders them: big-endian, so that the segments of a job lie together, in their order.
using job_disk_key = std::array<char, 16>;
using segment_disk_key = std::array<char, 20>;
job_disk_key disk_key(job_id id) noexcept;
segment_disk_key disk_key(segment_id id) noexcept;
/// Empty: another length.
std::optional<segment_id> segment_of(std::string_view key) noexcept;

/// Greater than the key of every segment of this job, and less than those of the next one.
std::array<char, 21> end_of_segments(job_id id) noexcept;

/// A header or a meta as it is kept: its bytes, then XXH3 of them seeded with the key, so that a record under another's
/// key is as damaged as one with a flipped bit. (A body has its hash in its meta.)
std::string sealed(std::string_view key, std::string record);
/// The bytes without the seal; empty: damaged.
std::optional<std::string_view> unsealed(std::string_view key, std::string_view bytes) noexcept;

} // namespace weft
