#pragma once

#include "runtime/base/random_source.hpp"
#include "runtime/job/record_codec.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace weft::test {

/// Records with arbitrary values within their ranges, from a seed.
class random_records {
public:
  explicit random_records(uint64_t seed) : random_(seed) {}

  std::string text(uint32_t bytes_max = 40) {
    std::string out(random_.below(bytes_max + 1), '\0');
    for (auto& c : out)
      c = static_cast<char>(random_.next());
    return out;
  }
  /// Of all sizes, not only of large ones.
  uint64_t number() { return random_.next() >> random_.below(64); }

  job_id job() { return {random_.next(), random_.next()}; }
  log_stamp stamp() { return {static_cast<node_id>(random_.next()), number()}; }
  std::chrono::milliseconds span() { return std::chrono::milliseconds{static_cast<int64_t>(number() / 2)}; }
  wall_time time() { return wall_time{span()}; }

  job_spec spec() {
    job_spec out;
    for (auto* field : {&out.tenant, &out.request_id, &out.operation, &out.model, &out.home_region})
      *field = text();
    out.options = {random_.chance(0.5), random_.chance(0.5),
                   random_.chance(0.5) ? truncation_side::left : truncation_side::right};
    out.priority = static_cast<priority>(random_.below(priority_count));
    out.durability.copies = 1 + random_.below(5);
    out.durability.synced = 1 + random_.below(out.durability.copies);
    out.created = time();
    out.expires = time();
    out.retention = span();
    return out;
  }

  job_header header() {
    job_header out;
    out.id = job();
    out.spec = spec();
    out.state = static_cast<job_state>(random_.below(7));
    if (random_.chance(0.5))
      out.items_total = number();
    if (random_.chance(0.5))
      out.segments_total = static_cast<uint32_t>(number());
    out.progress = {number(), number(), number(), number(), number(), random_.unit() * 1e6};
    if (random_.chance(0.5))
      out.ended = time();
    out.stamp = stamp();
    return out;
  }

  segment_meta meta() {
    segment_meta out;
    out.id = {job(), static_cast<uint32_t>(number())};
    out.stage = random_.chance(0.5) ? segment_stage::texts : segment_stage::results;
    out.first_item = number() / 2;
    out.items = 1 + random_.below(segment_items_max);
    out.failed = random_.below(out.items + 1);
    out.cached = random_.below(out.items - out.failed + 1);
    out.tokens = number();
    out.device_seconds = random_.unit() * 100;
    out.bytes = number();
    out.hash = random_.next();
    out.stamp = stamp();
    return out;
  }

  segment_texts texts(uint32_t items) {
    segment_texts out;
    out.spec = spec();
    for (uint32_t i = 0; i < items; ++i)
      out.texts.push_back(text(100));
    return out;
  }

  segment_results results(uint32_t items) {
    // Those there were when the bytes of version 1 were fixed: the test of these bytes draws from them.
    constexpr std::array classes{numeric_class::fp32, numeric_class::bf16, numeric_class::int16};
    segment_results out;
    out.model = text();
    out.model_version = text();
    out.precision = classes[random_.below(classes.size())];
    for (uint32_t i = 0; i < items; ++i)
      out.items.push_back(item());
    out.usage = {number(), random_.unit()};
    out.computed_by = static_cast<node_id>(random_.next());
    return out;
  }

  random_source& chance() { return random_; }

private:
  item_outcome item() {
    item_outcome out;
    if (random_.chance(0.2)) {
      // Of the first release, so that what a seed gives stays the same.
      constexpr auto codes = static_cast<uint32_t>(errc::budget_unreachable);
      const auto code = 1 + random_.below(codes);
      out.code = code == codes ? errc::internal : static_cast<errc>(code);
      out.message = text();
      return out;
    }
    out.value.values.resize(random_.below(9));
    for (auto& value : out.value.values)
      value = static_cast<float>(random_.unit() - 0.5);
    out.value.tokens = static_cast<uint32_t>(number());
    out.value.truncated = random_.chance(0.5);
    out.value.source = static_cast<source>(random_.below(4));
    return out;
  }

  random_source random_;
};

} // namespace weft::test
