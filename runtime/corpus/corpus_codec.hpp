#pragma once

#include "runtime/corpus/corpus_result.hpp"

#include <string>
#include <string_view>

namespace weft {

class record_reader;
class record_writer;

/// The bytes of options, checkpoints and results, on disk and between nodes: a version, fields in a fixed order,
/// little-endian, and a checksum. Equal values have equal bytes. What is read may be anything: whatever encode() would
/// not have written is errc::state_damaged, with what is wrong; memory is bounded by the bytes that are there.
std::string encode(const corpus_options& options);
std::string encode(const corpus_checkpoint& checkpoint);
std::string encode(const corpus_result& outcome);

result<corpus_options> decode_corpus_options(std::string_view bytes);
result<corpus_checkpoint> decode_corpus_checkpoint(std::string_view bytes);
result<corpus_result> decode_corpus_result(std::string_view bytes);

/// Options as a field of something else. Refused, where they are not what check() takes.
void put(record_writer& out, const corpus_options& options);
corpus_options read_corpus_options(record_reader& in);

/// A number that equal options have in common, and others not, but for a chance of 2^-64.
uint64_t fingerprint_of(const corpus_options& options);

} // namespace weft
