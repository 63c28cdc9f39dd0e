#include "runtime/job/record_codec.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/job/record_bytes.hpp"

#include <chrono>
#include <cmath>
#include <limits>
#include <utility>
#include <xxhash.h>

namespace weft {
namespace {

/// The byte after the version: a record is never read as one of another kind.
enum class record_kind : uint8_t { spec = 1, header, meta, texts, results };

/// More copies than any configuration allows, so that no record makes a node look for thousands of owners.
constexpr uint32_t copies_end = 17;

// These numbers are in records. Another order or another name in between needs another record_version.
static_assert(static_cast<int>(job_state::removed) == 6 && static_cast<int>(job_state::done) == 2);
static_assert(static_cast<int>(priority::batch) == 2 && static_cast<int>(truncation_side::left) == 1);
static_assert(static_cast<int>(source::shared) == 3 && static_cast<int>(segment_stage::results) == 1);

template <class Enum> Enum read_enum(record_reader& in, Enum last) {
  return static_cast<Enum>(in.below<uint8_t>(static_cast<uint8_t>(static_cast<uint8_t>(last) + 1)));
}

record_writer begin(record_kind kind) {
  record_writer out;
  out.put(record_version);
  out.put(static_cast<uint8_t>(kind));
  return out;
}

using std::chrono::milliseconds;

void put(record_writer& out, milliseconds span) {
  out.put(static_cast<uint64_t>(int64_t{span.count()}));
}
milliseconds read_span(record_reader& in) {
  return milliseconds{static_cast<int64_t>(in.number<uint64_t>())};
}
void put(record_writer& out, wall_time time) {
  put(out, time.time_since_epoch());
}
wall_time read_time(record_reader& in) {
  return wall_time{read_span(in)};
}

/// A time that was measured: neither infinite nor negative nor no number, so that sums of it stay meaningful.
double read_seconds(record_reader& in) {
  const double seconds = in.real();
  if (std::isfinite(seconds) && seconds >= 0)
    return seconds;
  in.refuse("a number is out of its range");
  return 0;
}

void put(record_writer& out, const log_stamp& stamp) {
  out.put(static_cast<uint64_t>(stamp.writer));
  out.put(stamp.sequence);
}
log_stamp read_stamp(record_reader& in) {
  const auto writer = static_cast<node_id>(in.number<uint64_t>());
  return {writer, in.number<uint64_t>()};
}

void put(record_writer& out, job_id id) {
  out.put(id.high);
  out.put(id.low);
}
job_id read_job(record_reader& in) {
  const auto high = in.number<uint64_t>();
  return {high, in.number<uint64_t>()};
}

template <class Number> void put(record_writer& out, const std::optional<Number>& number) {
  out.put(number.has_value());
  if (number)
    out.put(*number);
}
template <class Number> std::optional<Number> read_optional(record_reader& in) {
  return in.flag() ? std::optional{in.number<Number>()} : std::nullopt;
}

void put(record_writer& out, const job_spec& spec) {
  for (const auto* text : {&spec.tenant, &spec.request_id, &spec.operation, &spec.model})
    out.put(std::string_view{*text});
  out.put(spec.options.normalize);
  out.put(spec.options.truncate);
  out.put(static_cast<uint8_t>(spec.options.side));
  out.put(static_cast<uint8_t>(spec.priority));
  out.put(spec.durability.copies);
  out.put(spec.durability.synced);
  out.put(std::string_view{spec.home_region});
  put(out, spec.created);
  put(out, spec.expires);
  put(out, spec.retention);
  if (spec.operation == "compress") // what embed has is as it was in the first release
    out.put(std::string_view{spec.options.compress});
  if (spec.operation == "corpus")
    out.put(std::string_view{spec.corpus});
}
job_spec read_spec(record_reader& in) {
  job_spec out;
  for (auto* text : {&out.tenant, &out.request_id, &out.operation, &out.model})
    *text = in.text();
  out.options.normalize = in.flag();
  out.options.truncate = in.flag();
  out.options.side = read_enum(in, truncation_side::left);
  out.priority = read_enum(in, priority::batch);
  out.durability.copies = in.below(copies_end);
  out.durability.synced = in.below(out.durability.copies + 1);
  out.home_region = in.text();
  out.created = read_time(in);
  out.expires = read_time(in);
  out.retention = read_span(in);
  if (out.operation == "compress")
    out.options.compress = in.text();
  if (out.operation == "corpus")
    out.corpus = in.text();
  return out;
}

constexpr uint8_t document_mark = 0x80;

void put(record_writer& out, const item_outcome& item) {
  out.put(item.failed());
  if (item.failed()) {
    out.put(to_string(item.code)); // the stable name: numbers of errc change between releases
    out.put(std::string_view{item.message});
    return;
  }
  out.put(item.value.values);
  out.put(item.value.tokens);
  out.put(item.value.truncated);
  // In front of a document the source has a mark, so that vectors are as they were in the first release.
  out.put(static_cast<uint8_t>(static_cast<uint8_t>(item.value.source) | (item.value.document ? document_mark : 0)));
  if (item.value.document)
    out.put(std::string_view{*item.value.document});
}
errc read_code(record_reader& in) {
  const auto reason = in.text();
  for (const auto& row : errc_table())
    if (row.code != errc::none && row.reason == reason)
      return row.code;
  in.refuse("a failure has a reason that is not known");
  return errc::none;
}
item_outcome read_item(record_reader& in) {
  item_outcome out;
  if (in.flag()) {
    out.code = read_code(in);
    out.message = in.text();
    return out;
  }
  out.value.values = in.floats();
  out.value.tokens = in.number<uint32_t>();
  out.value.truncated = in.flag();
  const auto mark = in.number<uint8_t>();
  if ((mark & ~document_mark) > static_cast<uint8_t>(source::shared))
    in.refuse("a result comes from a place that is not known");
  else
    out.value.source = static_cast<source>(mark & ~document_mark);
  if (mark & document_mark)
    out.value.document = std::make_shared<const std::string>(in.text());
  return out;
}

/// 1 to segment_items_max.
uint32_t read_count(record_reader& in) {
  const auto count = in.below(segment_items_max + 1);
  if (count == 0)
    in.refuse("it has no items");
  return count;
}

numeric_class read_class(record_reader& in) {
  const auto name = in.text();
  for (const auto known : numeric_classes)
    if (to_string(known) == name)
      return known;
  in.refuse("it has a numeric class that is not known");
  return numeric_class::fp32;
}

failure damaged(std::string_view what, std::string_view why) {
  return {errc::state_damaged, std::string{what} + " cannot be read: " + std::string{why}};
}

/// Reads a record of this kind with `fields`; all of the bytes are it.
template <class Record, class Fields>
result<Record> read(std::string_view bytes, record_kind kind, std::string_view what, Fields fields) {
  record_reader in{bytes};
  const auto version = in.number<uint8_t>();
  if (in.why().empty() && version != record_version)
    return failure{errc::state_damaged, std::string{what} + " has version " + std::to_string(version) +
                                            "; this release reads version " + std::to_string(record_version)};
  if (in.number<uint8_t>() != static_cast<uint8_t>(kind))
    in.refuse("it is a record of another kind");
  Record out = fields(in);
  in.finish();
  if (!in.why().empty())
    return damaged(what, in.why());
  return out;
}

segment_meta meta_of(segment_id id, segment_stage stage, uint64_t first_item, size_t items, std::string_view body) {
  WEFT_ASSERT(items > 0);
  WEFT_ASSERT(items <= segment_items_max);
  segment_meta out;
  out.id = id;
  out.stage = stage;
  out.first_item = first_item;
  out.items = static_cast<uint32_t>(items);
  out.bytes = body.size();
  out.hash = body_hash(body);
  return out;
}

} // namespace

std::string encode(const job_spec& spec) {
  auto out = begin(record_kind::spec);
  put(out, spec);
  return out.take();
}

std::string encode(const job_header& header) {
  auto out = begin(record_kind::header);
  put(out, header.id);
  put(out, header.spec);
  out.put(static_cast<uint8_t>(header.state));
  put(out, header.items_total);
  put(out, header.segments_total);
  const auto& p = header.progress;
  for (const auto count : {p.items_durable, p.items_done, p.items_failed, p.items_cached, p.tokens})
    out.put(count);
  out.put(p.device_seconds);
  out.put(header.ended.has_value());
  if (header.ended)
    put(out, *header.ended);
  put(out, header.stamp);
  return out.take();
}

result<job_header> decode_header(std::string_view bytes) {
  return read<job_header>(bytes, record_kind::header, "a job's header", [](record_reader& in) {
    job_header out;
    out.id = read_job(in);
    out.spec = read_spec(in);
    out.state = read_enum(in, job_state::removed);
    out.items_total = read_optional<uint64_t>(in);
    out.segments_total = read_optional<uint32_t>(in);
    auto& p = out.progress;
    for (auto* count : {&p.items_durable, &p.items_done, &p.items_failed, &p.items_cached, &p.tokens})
      *count = in.number<uint64_t>();
    p.device_seconds = read_seconds(in);
    if (in.flag())
      out.ended = read_time(in);
    out.stamp = read_stamp(in);
    return out;
  });
}

std::string encode(const segment_meta& meta) {
  auto out = begin(record_kind::meta);
  put(out, meta.id.job);
  out.put(meta.id.index);
  out.put(static_cast<uint8_t>(meta.stage));
  out.put(meta.first_item);
  out.put(meta.items);
  out.put(meta.failed);
  out.put(meta.cached);
  out.put(meta.tokens);
  out.put(meta.device_seconds);
  out.put(meta.bytes);
  out.put(meta.hash);
  put(out, meta.stamp);
  return out.take();
}

result<segment_meta> decode_meta(std::string_view bytes) {
  return read<segment_meta>(bytes, record_kind::meta, "a segment's summary", [](record_reader& in) {
    segment_meta out;
    out.id.job = read_job(in);
    out.id.index = in.number<uint32_t>();
    out.stage = read_enum(in, segment_stage::results);
    out.first_item = in.below(std::numeric_limits<uint64_t>::max() - segment_items_max);
    out.items = read_count(in);
    out.failed = in.below(out.items + 1);
    out.cached = in.below(out.items - out.failed + 1);
    out.tokens = in.number<uint64_t>();
    out.device_seconds = read_seconds(in);
    out.bytes = in.number<uint64_t>();
    out.hash = in.number<uint64_t>();
    out.stamp = read_stamp(in);
    return out;
  });
}

std::string encode(const segment_texts& texts) {
  auto out = begin(record_kind::texts);
  size_t bytes = 256;
  for (const auto& text : texts.texts)
    bytes += 4 + text.size();
  out.reserve(bytes);
  put(out, texts.spec);
  out.put(static_cast<uint32_t>(texts.texts.size()));
  for (const auto& text : texts.texts)
    out.put(std::string_view{text});
  return out.take();
}

result<segment_texts> decode_texts(std::string_view bytes) {
  return read<segment_texts>(bytes, record_kind::texts, "a segment of texts", [](record_reader& in) {
    segment_texts out;
    out.spec = read_spec(in);
    const auto count = read_count(in);
    for (uint32_t i = 0; i < count && in.why().empty(); ++i)
      out.texts.emplace_back(in.text());
    return out;
  });
}

std::string encode(const segment_results& results) {
  WEFT_ASSERT(results.texts.empty() || results.texts.size() == results.items.size());
  auto out = begin(record_kind::results);
  size_t bytes = 256;
  for (const auto& item : results.items)
    bytes += 32 + bytes_of(item.value) + item.message.size();
  for (const auto& text : results.texts)
    bytes += 4 + text.size();
  out.reserve(bytes);
  out.put(std::string_view{results.model});
  out.put(std::string_view{results.model_version});
  out.put(to_string(results.precision)); // as the reasons of failures
  out.put(static_cast<uint32_t>(results.items.size()));
  for (const auto& item : results.items)
    put(out, item);
  out.put(results.usage.tokens);
  out.put(results.usage.device_seconds);
  out.put(static_cast<uint64_t>(results.computed_by));
  // Only where there are some, so that all others are as they were in the first release.
  for (const auto& text : results.texts)
    out.put(std::string_view{text});
  return out.take();
}

result<segment_results> decode_results(std::string_view bytes) {
  return read<segment_results>(bytes, record_kind::results, "a segment of results", [](record_reader& in) {
    segment_results out;
    out.model = in.text();
    out.model_version = in.text();
    out.precision = read_class(in);
    const auto count = read_count(in);
    for (uint32_t i = 0; i < count && in.why().empty(); ++i)
      out.items.push_back(read_item(in));
    out.usage.tokens = in.number<uint64_t>();
    out.usage.device_seconds = read_seconds(in);
    out.computed_by = static_cast<node_id>(in.number<uint64_t>());
    for (uint32_t i = 0; i < count && in.has_more(); ++i)
      out.texts.emplace_back(in.text());
    if (!out.texts.empty() && out.texts.size() != count)
      in.refuse("some items have a text, others have none");
    return out;
  });
}

segment_record make_record(segment_id id, uint64_t first_item, const segment_texts& texts) {
  auto body = std::make_shared<const std::string>(encode(texts));
  return {meta_of(id, segment_stage::texts, first_item, texts.texts.size(), *body), std::move(body)};
}

segment_record make_record(segment_id id, uint64_t first_item, const segment_results& results) {
  auto body = std::make_shared<const std::string>(encode(results));
  auto meta = meta_of(id, segment_stage::results, first_item, results.items.size(), *body);
  for (const auto& item : results.items) {
    meta.failed += item.failed();
    meta.cached += !item.failed() && item.value.source != source::computed;
  }
  meta.tokens = results.usage.tokens;
  meta.device_seconds = results.usage.device_seconds;
  return {std::move(meta), std::move(body)};
}

uint64_t body_hash(std::string_view body) noexcept {
  return XXH3_64bits(body.data(), body.size());
}

} // namespace weft
