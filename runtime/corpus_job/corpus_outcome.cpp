#include "runtime/corpus_job/corpus_outcome.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/corpus_job/record_fields.hpp"

#include <utility>

namespace weft {
namespace {

constexpr uint8_t outcome_version = 2; // 1 had no numeric class, and no labels
enum class record_kind : uint8_t { outcome = 1, checkpoint };

record_writer begin(record_kind kind) {
  record_writer out;
  out.put(outcome_version);
  out.put(static_cast<uint8_t>(kind));
  return out;
}

/// The version and the kind.
void read_start(record_reader& in, record_kind kind) {
  if (const auto version = in.number<uint8_t>(); in.why().empty() && version != outcome_version)
    in.refuse(version == 1 ? "it has version 1, of an earlier release; this release reads version 2"
                           : "it has a version that this release does not read");
  if (in.number<uint8_t>() != static_cast<uint8_t>(kind))
    in.refuse("it is of another kind");
}

failure damaged(std::string_view what, std::string_view why) {
  return {errc::state_damaged, std::string{what} + " cannot be read: " + std::string{why}};
}

} // namespace

std::string encode(const corpus_outcome& outcome) {
  WEFT_ASSERT(outcome.result.has_value() == (outcome.why == errc::none));
  auto out = begin(record_kind::outcome);
  out.put(outcome.result.has_value());
  if (outcome.result) {
    out.put(std::string_view{encode(*outcome.result)});
  } else {
    out.put(to_string(outcome.why)); // the stable name
    out.put(std::string_view{outcome.message}.substr(0, corpus_message_bytes_max));
  }
  put(out, outcome.gaps);
  out.put(std::string_view{outcome.model_version});
  put(out, outcome.precision);
  return out.take();
}

result<corpus_outcome> decode_corpus_outcome(std::string_view bytes) {
  record_reader in{bytes};
  read_start(in, record_kind::outcome);
  corpus_outcome out;
  if (in.flag()) {
    auto found = decode_corpus_result(in.text());
    if (!in.why().empty())
      return damaged("a corpus's outcome", in.why());
    if (!found)
      return found.error();
    out.result = std::move(*found);
  } else {
    out.why = read_code(in);
    out.message = in.text();
    if (out.message.size() > corpus_message_bytes_max)
      in.refuse("a message is too long");
  }
  out.gaps = read_gaps(in);
  out.model_version = in.text();
  out.precision = read_class(in);
  in.finish();
  if (in.why().empty() && out.result && out.result->facts.items != out.gaps.embedded())
    in.refuse("its items are not those of the job");
  if (!in.why().empty())
    return damaged("a corpus's outcome", in.why());
  return out;
}

std::string encode(const kept_checkpoint& kept) {
  auto out = begin(record_kind::checkpoint);
  out.put(kept.roster);
  out.put(std::string_view{encode(kept.checkpoint)});
  return out.take();
}

result<kept_checkpoint> decode_kept_checkpoint(std::string_view bytes) {
  record_reader in{bytes};
  read_start(in, record_kind::checkpoint);
  kept_checkpoint out;
  out.roster = in.number<uint64_t>();
  const auto inner = in.text();
  in.finish();
  if (!in.why().empty())
    return damaged("a corpus's checkpoint", in.why());
  auto checkpoint = decode_corpus_checkpoint(inner);
  if (!checkpoint)
    return checkpoint.error();
  out.checkpoint = std::move(*checkpoint);
  return out;
}

corpus_progress progress_of(const corpus_checkpoint& checkpoint) noexcept {
  return {checkpoint.next, checkpoint.clusters.iteration, checkpoint.duplicates.groups_done};
}

} // namespace weft
