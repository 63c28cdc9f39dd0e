#include "actors/corpus_segment.hpp"

#include "runtime/job/record_codec.hpp"
#include "runtime/points/quantize.hpp"

#include <utility>

namespace weft {
namespace {

failure damaged(uint32_t segment, const std::string& why) {
  return {errc::state_damaged,
          "the results of segment " + std::to_string(segment) + " cannot be used: " + why,
          {{"segment", std::to_string(segment)}}};
}

} // namespace

result<corpus_segment_ptr> read_corpus_segment(const segment_record& record, const planned_segment& wanted) {
  const auto& meta = record.meta;
  if (meta.id.index != wanted.segment || meta.stage != segment_stage::results || meta.hash != wanted.hash)
    return damaged(wanted.segment, "they are not those that were planned with");
  if (body_hash(*record.body) != meta.hash)
    return damaged(wanted.segment, "their bytes have changed");
  auto read = decode_results(*record.body);
  if (!read)
    return damaged(wanted.segment, read.error().message);
  auto out = std::make_shared<corpus_segment>();
  auto values = std::make_shared<std::vector<float>>();
  out->segment = wanted.segment;
  out->hash = wanted.hash;
  out->gaps = gaps_in(meta.first_item, read->items);
  out->model_version = std::move(read->model_version);
  out->precision = read->precision;
  for (const auto& item : read->items) {
    if (item.failed())
      continue;
    const auto& vector = item.value.values;
    if (out->items == 0) {
      out->dimensions = static_cast<uint32_t>(vector.size());
      values->reserve(size_t{wanted.items} * vector.size());
    }
    if (vector.empty() || vector.size() != out->dimensions)
      return damaged(wanted.segment, "an item has no vector, or one of other dimensions than the first");
    values->insert(values->end(), vector.begin(), vector.end());
    out->tokens.push_back(item.value.tokens);
    ++out->items;
  }
  if (out->items != wanted.items)
    return damaged(wanted.segment,
                   "they have " + std::to_string(out->items) + " vectors instead of " + std::to_string(wanted.items));
  out->values = std::move(values);
  return corpus_segment_ptr{std::move(out)};
}

corpus_rows join_rows(std::span<const placed_segment> share) {
  corpus_rows out;
  size_t items = 0;
  for (const auto& each : share)
    items += each.vectors->items;
  if (items == 0)
    return out;
  out.dimensions = share.front().vectors->dimensions;
  out.items.reserve(items);
  out.tokens.reserve(items);
  out.values.reserve(items * out.dimensions);
  for (const auto& [place, vectors] : share) {
    const auto rows = vectors->rows();
    out.values.insert(out.values.end(), rows.begin(), rows.end());
    out.tokens.insert(out.tokens.end(), vectors->tokens.begin(), vectors->tokens.end());
    for (uint32_t i = 0; i < vectors->items; ++i)
      out.items.push_back(place.first_number + i);
  }
  return out;
}

corpus_shard make_search_shard(std::span<const placed_segment> share, int32_t scale_exponent) {
  auto rows = join_rows(share);
  corpus_shard out;
  out.dimensions = rows.dimensions;
  out.scale_exponent = scale_exponent;
  out.points = quantize_points(rows.values, rows.dimensions, out.scale()).values;
  out.items = std::move(rows.items);
  out.tokens = std::move(rows.tokens);
  keep_rows(out, std::move(rows.values));
  return out;
}

} // namespace weft
