#pragma once

#include "runtime/base/result.hpp"
#include "runtime/corpus/corpus_result.hpp"
#include "runtime/job/job_header.hpp"
#include "runtime/job/numeric_class.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace weft {

/// What a corpus job is opened with, as its spec keeps it (job_spec::corpus).
struct corpus_terms {
  corpus_options options;
  numeric_class precision = numeric_class::fp32; ///< of all its vectors: the class of the node that took the job

  bool operator==(const corpus_terms&) const = default;
};

/// Equal terms have equal bytes. What is read may be anything: errc::state_damaged unless encode() would have written
/// it, another version among that.
std::string encode(const corpus_terms& terms);
result<corpus_terms> decode_corpus_terms(std::string_view bytes);

/// Whether both ask the same of a corpus, in whichever class.
bool ask_the_same(std::string_view a, std::string_view b);

/// The class that the results of a job's items have to have; nothing: any. Of a corpus job whose terms another release
/// wrote, which cannot be read here, nothing is known.
std::optional<numeric_class> class_of(const job_spec& spec);

/// errc::other_identity: a node computes in another class than its job wants.
failure other_class(numeric_class own, numeric_class wanted);

} // namespace weft
