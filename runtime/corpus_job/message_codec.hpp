#pragma once

#include "runtime/corpus_job/messages.hpp"

#include <string>
#include <string_view>

namespace weft {

/// The bytes of orders and reports: a version, fields in a fixed order, little-endian. Equal values have equal bytes.
/// What is read may be anything: errc::invalid_argument, saying what is wrong, unless encode() would have written it;
/// memory is bounded by the bytes that are there. Messages of breaks are cut to corpus_message_bytes_max.
std::string encode(const corpus_order& order);
std::string encode(const corpus_report& report);

result<corpus_order> decode_corpus_order(std::string_view bytes);
result<corpus_report> decode_corpus_report(std::string_view bytes);

} // namespace weft
