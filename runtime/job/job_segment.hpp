#pragma once

#include "runtime/base/errc.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/job/embed.hpp"
#include "runtime/job/job_header.hpp"
#include "runtime/job/job_id.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace weft {

inline constexpr uint32_t segment_items_max = 256;
inline constexpr uint64_t segment_bytes_max = 1 << 20; ///< of texts; one text may pass it alone

/// Indices from here on are no segments of items, but parts of what is kept beside them
/// (runtime/corpus_job/attachment.hpp): their `first_item` is a generation.
inline constexpr uint32_t attached_first = 0xFFFF'0000;
constexpr bool is_attached(uint32_t segment) noexcept {
  return segment >= attached_first;
}

/// A segment has its texts until its results take their place: later wins, so records only grow better.
enum class segment_stage : uint8_t { texts, results };

/// What a node remembers of a segment that it keeps, without its bytes.
struct segment_meta {
  segment_id id;
  segment_stage stage = segment_stage::texts;
  uint64_t first_item = 0; ///< place of its first item in the job
  uint32_t items = 0;
  uint32_t failed = 0; ///< of results
  uint32_t cached = 0;
  uint64_t tokens = 0;
  double device_seconds = 0;
  uint64_t bytes = 0; ///< of the body
  uint64_t hash = 0;  ///< XXH3 of the body
  log_stamp stamp;

  bool operator==(const segment_meta&) const = default;
};

/// A segment as it is kept and sent: the body is segment_texts or segment_results, encoded (record_codec.hpp).
struct segment_record {
  segment_meta meta;
  std::shared_ptr<const std::string> body; ///< not null
};

/// Whether `a` takes the place of `b`, of the same segment: of what is attached the greater generation; more items
/// before fewer (the fewer were the end of a submission that was cut, and nobody heard that they are safe), results
/// before texts; of two alike the lesser hash, so that all nodes keep the same one wherever two were made.
constexpr bool supersedes(const segment_meta& a, const segment_meta& b) noexcept {
  if (is_attached(a.id.index) && a.first_item != b.first_item)
    return a.first_item > b.first_item;
  if (a.items != b.items)
    return a.items > b.items;
  return a.stage != b.stage ? a.stage > b.stage : a.hash < b.hash;
}

/// The texts of a segment and what to do with them: enough to run it, whatever else is lost.
struct segment_texts {
  job_spec spec;
  std::vector<std::string> texts; ///< 1 to segment_items_max
};

/// The outcome of one item.
struct item_outcome {
  embedding value; ///< where code is none
  errc code = errc::none;
  std::string message; ///< why it has no result

  bool failed() const noexcept { return code != errc::none; }
};

/// The results of a segment.
struct segment_results {
  std::string model;
  std::string model_version;
  numeric_class precision = numeric_class::fp32;
  std::vector<item_outcome> items; ///< one a text
  weft::usage usage;
  node_id computed_by{};
  std::vector<std::string> texts{}; ///< of a corpus job, as many as items: people read some of them later; else empty
};

} // namespace weft
