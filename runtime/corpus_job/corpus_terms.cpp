#include "runtime/corpus_job/corpus_terms.hpp"

#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/corpus_job/record_fields.hpp"

#include <utility>

namespace weft {
namespace {

// 1 were the options alone: records of corpus_codec, which begin with their own version.
constexpr uint8_t terms_version = 2;

} // namespace

std::string encode(const corpus_terms& terms) {
  record_writer out;
  out.put(terms_version);
  put(out, terms.precision);
  out.put(std::string_view{encode(terms.options)});
  return out.take();
}

result<corpus_terms> decode_corpus_terms(std::string_view bytes) {
  const auto refuse = [](std::string_view why) {
    return failure{errc::state_damaged, "what is asked of a corpus cannot be read: " + std::string{why}};
  };
  record_reader in{bytes};
  const auto version = in.number<uint8_t>();
  if (in.why().empty() && version != terms_version)
    return refuse("it has version " + std::to_string(version) + "; this release reads version " +
                  std::to_string(terms_version));
  corpus_terms out;
  out.precision = read_class(in);
  const auto inner = in.text();
  in.finish();
  if (!in.why().empty())
    return refuse(in.why());
  auto options = decode_corpus_options(inner);
  if (!options)
    return std::move(options.error());
  out.options = *options;
  return out;
}

bool ask_the_same(std::string_view a, std::string_view b) {
  if (a == b)
    return true;
  const auto one = decode_corpus_terms(a), other = decode_corpus_terms(b);
  return one && other && one->options == other->options;
}

std::optional<numeric_class> class_of(const job_spec& spec) {
  if (spec.corpus.empty())
    return std::nullopt;
  const auto terms = decode_corpus_terms(spec.corpus);
  return terms ? std::optional{terms->precision} : std::nullopt;
}

failure other_class(numeric_class own, numeric_class wanted) {
  return {errc::other_identity, "this node computes in " + std::string{to_string(own)} + ", and the job is one of " +
                                    std::string{to_string(wanted)}};
}

} // namespace weft
