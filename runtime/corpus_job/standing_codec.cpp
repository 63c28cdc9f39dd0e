#include "runtime/corpus_job/standing_codec.hpp"

#include "runtime/corpus_job/corpus_outcome.hpp"
#include "runtime/corpus_job/record_fields.hpp"

#include <utility>

namespace weft {
namespace {

// Beside those of message_codec, which are 1 and 2.
constexpr uint8_t standing_version = 1;
enum class message_kind : uint8_t { question = 3, standing };

constexpr size_t name_bytes_max = 64; ///< of a phase or a step

record_writer begin(message_kind kind) {
  record_writer out;
  out.put(standing_version);
  out.put(static_cast<uint8_t>(kind));
  return out;
}

bool begins(record_reader& in, message_kind kind) {
  const auto version = in.number<uint8_t>();
  return in.number<uint8_t>() == static_cast<uint8_t>(kind) && version == standing_version;
}

std::string read_short(record_reader& in, size_t bytes_max) {
  const auto text = in.text();
  if (text.size() > bytes_max)
    in.refuse("a text is too long");
  return std::string{text.substr(0, bytes_max)};
}

} // namespace

std::string encode_standing_question(job_id job) {
  auto out = begin(message_kind::question);
  put(out, job);
  return out.take();
}

std::optional<job_id> decode_standing_question(std::string_view bytes) {
  record_reader in{bytes};
  if (!begins(in, message_kind::question))
    return std::nullopt;
  const auto job = read_job(in);
  in.finish();
  return in.why().empty() ? std::optional{job} : std::nullopt;
}

std::string encode(const std::optional<corpus_standing>& standing) {
  auto out = begin(message_kind::standing);
  out.put(standing.has_value());
  if (!standing)
    return out.take();
  out.put(std::string_view{standing->phase});
  out.put(standing->epoch);
  out.put(standing->ranks);
  out.put(std::string_view{standing->step});
  out.put(standing->iteration);
  out.put(std::string_view{standing->last_break}.substr(0, 2 * corpus_message_bytes_max));
  return out.take();
}

result<std::optional<corpus_standing>> decode_corpus_standing(std::string_view bytes) {
  record_reader in{bytes};
  if (!begins(in, message_kind::standing))
    in.refuse("it is of another kind or version");
  std::optional<corpus_standing> out;
  if (in.flag()) {
    out.emplace();
    out->phase = read_short(in, name_bytes_max);
    out->epoch = in.number<uint64_t>();
    out->ranks = in.number<uint32_t>();
    out->step = read_short(in, name_bytes_max);
    out->iteration = in.number<uint32_t>();
    out->last_break = read_short(in, 2 * corpus_message_bytes_max);
  }
  in.finish();
  if (!in.why().empty())
    return failure{errc::invalid_argument, "how far a corpus is cannot be read: " + std::string{in.why()}};
  return out;
}

} // namespace weft
