#include "runtime/compress/output.hpp"

#include "runtime/job/record_bytes.hpp"

#include <chrono>
#include <cmath>
#include <limits>
#include <xxhash.h>

namespace weft {
namespace {

constexpr size_t checksum_bytes = 8;

// These numbers are in the bytes. Another order or another name in between needs another compress_output_version.
static_assert(static_cast<int>(content_kind::mixed) == 7 && content_kind_count == 8);
static_assert(static_cast<int>(compress_strategy::ensemble) == 5 && compress_strategy_count == 6);
static_assert(static_cast<int>(counter_kind::bytes) == 2 && counter_kind_count == 3);

uint64_t checksum_of(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

void put(record_writer& out, const std::vector<source_span>& spans) {
  out.put(static_cast<uint32_t>(spans.size()));
  for (const auto& span : spans) {
    out.put(span.begin);
    out.put(span.end);
  }
}

/// Ascending, without overlap. No length is believed beyond the bytes that are there.
std::vector<source_span> read_spans(record_reader& in) {
  std::vector<source_span> out;
  const auto count = in.number<uint32_t>();
  uint64_t after = 0;
  for (uint32_t i = 0; i < count && in.why().empty(); ++i) {
    source_span span;
    span.begin = in.number<uint64_t>();
    span.end = in.number<uint64_t>();
    if (span.begin < after || span.end < span.begin)
      in.refuse("spans are out of order");
    after = span.end;
    out.push_back(span);
  }
  return out;
}

void put(record_writer& out, const std::vector<uint32_t>& counts) {
  out.put(static_cast<uint32_t>(counts.size()));
  for (const auto count : counts)
    out.put(count);
}

/// One a kept unit, or none.
std::vector<uint32_t> read_counts(record_reader& in, size_t kept) {
  const auto many = in.number<uint32_t>();
  if (many != 0 && many != kept)
    in.refuse("counts of other units than the kept ones");
  std::vector<uint32_t> out;
  for (uint32_t i = 0; i < many && in.why().empty(); ++i) {
    out.push_back(in.number<uint32_t>());
    if (out.back() == 0)
      in.refuse("a kept unit stands for none");
  }
  return out;
}

double read_finite(record_reader& in) {
  const double number = in.real();
  if (!std::isfinite(number)) {
    in.refuse("a number is out of its range");
    return 0;
  }
  return number;
}

void put(record_writer& out, std::chrono::nanoseconds span) {
  out.put(static_cast<uint64_t>(span.count()));
}
std::chrono::nanoseconds read_span(record_reader& in) {
  return std::chrono::nanoseconds{static_cast<int64_t>(in.below(uint64_t{1} << 63))};
}

void put(record_writer& out, const text_profile& profile) {
  out.put(profile.complexity);
  out.put(profile.repetition);
  out.put(profile.technical);
  out.put(profile.mean_sentence_words);
  out.put(std::string_view{profile.language});
}

void read(record_reader& in, text_profile& profile) {
  profile.complexity = read_finite(in);
  profile.repetition = read_finite(in);
  profile.technical = read_finite(in);
  profile.mean_sentence_words = read_finite(in);
  profile.language = in.text();
}

void put(record_writer& out, const compress_report& report) {
  for (const uint64_t number : {report.source_tokens, report.output_tokens, report.target_tokens})
    out.put(number);
  out.put(report.ratio);
  out.put(static_cast<uint8_t>(report.counter));
  out.put(static_cast<uint8_t>(report.content));
  out.put(std::string_view{report.why_content});
  put(out, report.profile);
  out.put(static_cast<uint8_t>(report.strategy));
  out.put(std::string_view{report.why_strategy});
  out.put(std::string_view{report.policy_version});
  for (const uint32_t number : {report.units, report.units_kept, report.units_required, report.templates,
                                report.templates_kept, report.exceptions, report.exceptions_kept})
    out.put(number);
  for (const double score : {report.coverage, report.fidelity, report.term_coverage})
    out.put(score);
  for (const auto span : {report.times.split, report.times.embed, report.times.points, report.times.select})
    put(out, span);
}

void read(record_reader& in, compress_report& report) {
  for (auto* number : {&report.source_tokens, &report.output_tokens, &report.target_tokens})
    *number = in.number<uint64_t>();
  report.ratio = read_finite(in);
  report.counter = static_cast<counter_kind>(in.below(static_cast<uint8_t>(counter_kind_count)));
  report.content = static_cast<content_kind>(in.below(static_cast<uint8_t>(content_kind_count)));
  report.why_content = in.text();
  read(in, report.profile);
  report.strategy = static_cast<compress_strategy>(in.below(static_cast<uint8_t>(compress_strategy_count)));
  if (report.strategy == compress_strategy::automatic)
    in.refuse("a number is out of its range");
  report.why_strategy = in.text();
  report.policy_version = in.text();
  for (auto* number : {&report.units, &report.units_kept, &report.units_required, &report.templates,
                       &report.templates_kept, &report.exceptions, &report.exceptions_kept})
    *number = in.number<uint32_t>();
  for (auto* score : {&report.coverage, &report.fidelity, &report.term_coverage})
    *score = read_finite(in);
  for (auto* span : {&report.times.split, &report.times.embed, &report.times.points, &report.times.select})
    *span = read_span(in);
}

// Results of jobs that ran before kept lines had counts.
constexpr uint8_t output_version_without_counts = 1;

failure damaged(std::string_view why) {
  return {errc::state_damaged, "this is no compressed text: " + std::string{why}};
}

} // namespace

std::string encode(const compress_output& output) {
  record_writer out;
  out.reserve(output.extract.size() + 16 * output.kept.size() + 4 * output.stands_for.size() + 512);
  out.put(compress_output_version);
  out.put(std::string_view{output.extract});
  put(out, output.kept);
  put(out, output.stands_for);
  out.put(static_cast<uint32_t>(output.mega_tokens.size()));
  for (const auto& token : output.mega_tokens) {
    out.put(token.centroid);
    out.put(token.weight);
    put(out, token.spans);
  }
  put(out, output.report);
  auto bytes = out.take();
  record_writer sum;
  sum.put(checksum_of(bytes));
  return bytes + sum.take();
}

result<compress_output> decode_compress_output(std::string_view bytes) {
  if (bytes.size() <= checksum_bytes)
    return damaged("it is cut short");
  const auto body = bytes.substr(0, bytes.size() - checksum_bytes);
  const auto version = static_cast<uint8_t>(body.front());
  if (version != compress_output_version && version != output_version_without_counts)
    return damaged("it is of another release");
  if (record_reader{bytes.substr(body.size())}.number<uint64_t>() != checksum_of(body))
    return damaged("its checksum is wrong");
  record_reader in{body.substr(1)};
  compress_output out;
  out.extract = in.text();
  out.kept = read_spans(in);
  if (version != output_version_without_counts)
    out.stands_for = read_counts(in, out.kept.size());
  const auto tokens = in.number<uint32_t>();
  for (uint32_t i = 0; i < tokens && in.why().empty(); ++i) {
    mega_token token;
    token.centroid = in.floats();
    token.weight = read_finite(in);
    token.spans = read_spans(in);
    out.mega_tokens.push_back(std::move(token));
  }
  read(in, out.report);
  in.finish();
  if (!in.why().empty())
    return damaged(in.why());
  return out;
}

} // namespace weft
