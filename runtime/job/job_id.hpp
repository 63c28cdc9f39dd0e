#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

/// A job, on every node: the hash of its tenant and of the client's request id, so that a retry is the same job.
struct job_id {
  uint64_t high = 0;
  uint64_t low = 0;

  auto operator<=>(const job_id&) const = default;
};

/// XXH3's 128-bit hash of both, each with its length before it.
job_id job_id_of(std::string_view tenant, std::string_view request_id) noexcept;

/// 32 hex digits, as people and clients see it.
std::string to_text(job_id id);
std::optional<job_id> parse_job_id(std::string_view text) noexcept;

/// A segment of a job: the unit of replication, takeover and execution.
struct segment_id {
  job_id job;
  uint32_t index = 0; ///< from 0, in the order of the items

  auto operator<=>(const segment_id&) const = default;
};

/// For std::unordered_map: a job's id is a hash already.
struct job_id_hash {
  size_t operator()(const job_id& id) const noexcept { return static_cast<size_t>(id.low); }
};
struct segment_id_hash {
  size_t operator()(const segment_id& id) const noexcept {
    return static_cast<size_t>(id.job.low + id.index * 0x9E37'79B9'7F4A'7C15ULL);
  }
};

} // namespace weft
