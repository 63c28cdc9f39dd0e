#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/job/job_request.hpp"
#include "runtime/jobs/repair_core.hpp"

#include <array>
#include <cstdint>

namespace weft {

using record_sums = std::array<uint64_t, compare_buckets>;

/// Where a record is compared, and what it adds there.
uint32_t header_bucket(job_id id) noexcept;
uint32_t segment_bucket(segment_id id) noexcept;
uint64_t header_share(const job_header& header);
uint64_t segment_share(const segment_meta& segment) noexcept;

record_sums header_sums(const repair_source& source);
/// Of the segments that are kept here and owned by both nodes.
record_sums shared_segment_sums(const repair_source& source, node_id self, node_id other);

/// What is here in the buckets that differ from the question, as far as the limits allow: whole buckets, at least one.
records_compared answer_compare(const repair_source& source, node_id self, uint64_t view_hash,
                                const compare_records& question, const repair_options& limits);

} // namespace weft
