#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/job_header.hpp"
#include "runtime/job/job_segment.hpp"

#include <string>
#include <string_view>

namespace weft {

/// The bytes of a job's records, on disk and between nodes: a version, fields in a fixed order, little-endian, strings
/// with their length before them. Equal values have equal bytes. What is read may be anything: it fails with
/// errc::state_damaged (too short, too long, a number out of its range) or, for a version that this release does not
/// know, with a message that names both versions. Vectors are kept as they are: 4 bytes a number.
inline constexpr uint8_t record_version = 1;

std::string encode(const job_spec& spec);
std::string encode(const job_header& header);
std::string encode(const segment_meta& meta);
std::string encode(const segment_texts& texts);
std::string encode(const segment_results& results);

result<job_header> decode_header(std::string_view bytes);
result<segment_meta> decode_meta(std::string_view bytes);
result<segment_texts> decode_texts(std::string_view bytes);
result<segment_results> decode_results(std::string_view bytes);

/// The record of these texts or results: counts, size and hash are taken from them. `stamp` is left for who writes it.
segment_record make_record(segment_id id, uint64_t first_item, const segment_texts& texts);
segment_record make_record(segment_id id, uint64_t first_item, const segment_results& results);

/// XXH3 of a body, as in segment_meta::hash.
uint64_t body_hash(std::string_view body) noexcept;

} // namespace weft
