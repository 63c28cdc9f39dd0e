#pragma once

#include "runtime/base/errc.hpp"
#include "runtime/corpus_job/item_gaps.hpp"
#include "runtime/corpus_job/rank_plan.hpp"
#include "runtime/job/job_id.hpp"
#include "runtime/job/numeric_class.hpp"
#include "runtime/job/record_bytes.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace weft {

/// Fields that a corpus job's records and messages have in common. Whoever reads looks at record_reader::why() once, at
/// the end.

template <class Item, class Write> void put_list(record_writer& out, const std::vector<Item>& list, Write write_one) {
  out.put(static_cast<uint32_t>(list.size()));
  for (const auto& each : list)
    write_one(each);
}
/// No length is believed beyond the bytes that are there.
template <class Item, class Read> std::vector<Item> read_list(record_reader& in, uint32_t count_max, Read read_one) {
  std::vector<Item> out;
  const auto count = in.below(count_max + 1);
  for (uint32_t i = 0; i < count && in.why().empty(); ++i)
    out.push_back(read_one());
  return out;
}

inline void put(record_writer& out, job_id id) {
  out.put(id.high);
  out.put(id.low);
}
inline job_id read_job(record_reader& in) {
  const auto high = in.number<uint64_t>();
  return {high, in.number<uint64_t>()};
}

inline void put(record_writer& out, const item_gaps& gaps) {
  out.put(gaps.items_total());
  out.put(static_cast<uint32_t>(gaps.runs().size()));
  for (const auto& run : gaps.runs()) {
    out.put(run.first);
    out.put(run.count);
  }
}
inline item_gaps read_gaps(record_reader& in) {
  const auto total = in.number<uint64_t>();
  const auto count = in.below(gap_runs_max + 1);
  std::vector<item_run> runs;
  for (uint32_t i = 0; i < count && in.why().empty(); ++i) {
    const auto first = in.number<uint64_t>();
    runs.push_back({first, in.number<uint32_t>()});
  }
  if (!in.why().empty())
    return {};
  auto gaps = item_gaps::of(runs, total);
  // Runs that are joined or sorted only now would be written as other bytes.
  if (!gaps || gaps->runs() != runs) {
    in.refuse("its failed items are not as they are written");
    return {};
  }
  return std::move(*gaps);
}

inline void put(record_writer& out, const std::vector<planned_segment>& share) {
  put_list(out, share, [&](const planned_segment& each) {
    out.put(each.segment);
    out.put(each.first_number);
    out.put(each.items);
    out.put(each.hash);
  });
}
/// items: of the whole corpus.
inline std::vector<planned_segment> read_share(record_reader& in, uint64_t items) {
  uint64_t next_segment = 0, next_number = 0;
  return read_list<planned_segment>(in, corpus_segments_max, [&] {
    planned_segment out;
    out.segment = in.below(corpus_segments_max);
    out.first_number = in.number<uint32_t>();
    out.items = in.below(segment_items_max + 1);
    out.hash = in.number<uint64_t>();
    if (out.segment < next_segment || out.first_number < next_number || out.items == 0 ||
        uint64_t{out.first_number} + out.items > items)
      in.refuse("its segments are out of order");
    next_segment = uint64_t{out.segment} + 1;
    next_number = uint64_t{out.first_number} + out.items;
    return out;
  });
}

inline void put(record_writer& out, numeric_class precision) {
  out.put(static_cast<uint8_t>(precision));
}
inline numeric_class read_class(record_reader& in) {
  return numeric_classes[in.below(static_cast<uint8_t>(numeric_classes.size()))];
}

/// By its stable name: numbers change between releases.
inline errc read_code(record_reader& in) {
  const auto reason = in.text();
  for (const auto& row : errc_table())
    if (row.code != errc::none && row.reason == reason)
      return row.code;
  in.refuse("a failure has a reason that is not known");
  return errc::none;
}

} // namespace weft
