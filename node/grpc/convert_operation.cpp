#include "node/grpc/convert_operation.hpp"

#include "node/grpc/convert.hpp"
#include "node/grpc/convert_compress_options.hpp"
#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/corpus/duplicate_leaders.hpp"
#include "runtime/corpus_job/corpus_terms.hpp"

#include <cmath>
#include <string>
#include <utility>

namespace weft {
namespace {

namespace pb = weft::v1;

/// 1.5 KB each, of every text of a segment, whose results travel as one record.
constexpr uint32_t job_mega_tokens_max = 64;

failure wrong(std::string what, std::string field) {
  return {errc::invalid_argument, std::move(what), {{"field", std::move(field)}}};
}

/// Results are kept as they were computed, for whoever reads them.
status check_encoding(const result<vector_encoding>& wanted, const char* field) {
  if (!wanted)
    return wanted.error();
  if (*wanted != vector_encoding::float32)
    return wrong(std::string(field) + " is not float32; the results of a job are kept as float32", field);
  return ok;
}

status read_compress(const pb::JobOpening& in, embed_options& out) {
  const auto wish = read_compress_options(in.compress().SerializeAsString(), "open.compress");
  if (!wish)
    return wish.error();
  if (wish->wanted.mega_tokens > job_mega_tokens_max)
    return failure{errc::invalid_argument,
                   "open.compress.mega_tokens: a job takes up to " + std::to_string(job_mega_tokens_max) +
                       " for each text: its results are kept on several nodes",
                   {{"field", "open.compress.mega_tokens"}, {"limit", std::to_string(job_mega_tokens_max)}}};
  out.compress = canonical_form(wish->wanted);
  return check_encoding(wish->encoding, "open.compress.encoding");
}

/// A cosine in ten-thousandths; 0 stands for "not looked for", so nothing else may become it.
result<uint32_t> read_similarity(double cosine) {
  // Written so that NaN is none.
  if (cosine == 0 || (cosine >= 1.0 / similarity_one && cosine <= 1))
    return static_cast<uint32_t>(std::lround(cosine * similarity_one));
  return wrong("open.corpus.duplicate_similarity is no cosine from 0.0001 to 1, nor 0 for none",
               "open.corpus.duplicate_similarity");
}

result<corpus_options> read_corpus_options(const pb::CorpusOptions& in) {
  corpus_options out;
  out.clusters = in.clusters();
  if (in.iterations() != 0)
    out.iterations_max = in.iterations();
  if (in.has_seed())
    out.seed = in.seed();
  if (in.has_duplicate_similarity()) {
    const auto similarity = read_similarity(in.duplicate_similarity());
    if (!similarity)
      return similarity.error();
    out.duplicate_similarity = *similarity;
  }
  out.extract_tokens = in.extract_tokens();
  if (const auto checked = check(out); !checked)
    return wrong("open.corpus: " + checked.error().message, "open.corpus");
  return out;
}

status read_corpus(const pb::JobOpening& in, job_opening& out) {
  constexpr const char* path = "open.corpus.embed";
  const auto encoding = read_embed_options(in.corpus().embed().SerializeAsString(), out.options, path);
  if (auto checked = check_encoding(encoding, "open.corpus.embed.encoding"); !checked)
    return checked;
  if (!out.options.normalize)
    return wrong("open.corpus.embed.normalize is false; what is compared with each other has length 1",
                 "open.corpus.embed.normalize");
  const auto wanted = read_corpus_options(in.corpus());
  if (!wanted)
    return wanted.error();
  out.corpus = encode(*wanted);
  return ok;
}

void write_embed_options(const embed_options& from, pb::EmbedOptions& to) {
  to.set_normalize(from.normalize);
  to.set_truncate(from.truncate);
  to.set_truncation_side(from.side == truncation_side::left ? pb::TRUNCATION_SIDE_LEFT : pb::TRUNCATION_SIDE_RIGHT);
}

void write_corpus(const job_status& from, pb::JobCorpus& to) {
  if (const auto terms = decode_corpus_terms(from.header.spec.corpus)) { // else it is of a later release
    const auto* wanted = &terms->options;
    auto& options = *to.mutable_options();
    write_embed_options(from.header.spec.options, *options.mutable_embed());
    options.set_clusters(wanted->clusters);
    options.set_iterations(wanted->iterations_max);
    options.set_seed(wanted->seed);
    options.set_duplicate_similarity(static_cast<double>(wanted->duplicate_similarity) / similarity_one);
    options.set_extract_tokens(wanted->extract_tokens);
  }
  if (!from.corpus)
    return;
  to.set_phase(from.corpus->phase);
  to.set_epoch(from.corpus->epoch);
  to.set_ranks(from.corpus->ranks);
  to.set_step(from.corpus->step);
  to.set_iteration(from.corpus->iteration);
  to.set_last_break(from.corpus->last_break);
}

} // namespace

status read_operation(const pb::JobOpening& in, job_opening& out) {
  if (in.has_compress())
    return read_compress(in, out.options);
  if (in.has_corpus())
    return read_corpus(in, out);
  return check_encoding(read_embed_options(in.embed().SerializeAsString(), out.options, "open.embed"),
                        "open.embed.encoding");
}

void write_operation(const job_status& from, pb::Job& to) {
  const auto& spec = from.header.spec;
  to.set_operation(spec.operation);
  if (!spec.options.compress.empty()) {
    if (const auto wanted = parse_parameters(spec.options.compress))
      write_compress_options(*wanted, *to.mutable_compress());
    return;
  }
  write_embed_options(spec.options, *to.mutable_options());
  if (!spec.corpus.empty())
    write_corpus(from, *to.mutable_corpus());
}

} // namespace weft
