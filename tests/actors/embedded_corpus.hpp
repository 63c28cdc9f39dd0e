#pragma once

#include "actors/corpus_segment.hpp"
#include "runtime/base/random_source.hpp"
#include "runtime/compute/collective/thread_group.hpp"
#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/corpus/corpus_run.hpp"
#include "runtime/job/record_codec.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace weft::test {

inline constexpr job_id some_job{.high = 1, .low = 2};

/// A rank that hangs fails its test instead of stopping it.
inline constexpr std::chrono::milliseconds patient{60'000};

/// The results of a corpus job whose items are embedded: its segments as records, and the whole as one rank has it.
struct embedded_corpus {
  std::vector<segment_record> records;
  std::vector<planned_segment> segments; ///< all
  corpus_rows all;

  uint32_t items() const noexcept { return static_cast<uint32_t>(all.count()); }
  const segment_record& record(uint32_t segment) const { return records.at(segment); }
  /// Every ranks-th segment from `rank` on.
  std::vector<planned_segment> share(uint32_t rank, uint32_t ranks) const {
    std::vector<planned_segment> out;
    for (size_t i = rank; i < segments.size(); i += ranks)
      out.push_back(segments[i]);
    return out;
  }
};

struct corpus_shape {
  uint64_t seed = 1;
  uint32_t job_items = 240;
  uint32_t dimensions = 16;
  uint32_t segment_items = 20;
  uint32_t fails_every = 0; ///< each such item of the job has no vector; 0: none
  std::string model_version = "v1";
  numeric_class precision = numeric_class::fp32;
};

/// A unit vector near one of six directions; each seventh near an earlier one.
inline std::vector<float> some_vector(random_source& draw, uint32_t item, uint32_t dimensions,
                                      const std::vector<std::vector<float>>& before) {
  std::vector<float> out(dimensions);
  const bool is_copy = item % 7 == 6;
  double squares = 0;
  for (uint32_t d = 0; d < dimensions; ++d) {
    const auto noise = static_cast<float>(draw.unit() - 0.5);
    out[d] = is_copy ? before[item - 3][d] + 0.02F * noise : (d % 6 == item % 6 ? 1.0F : 0.0F) + 0.7F * noise;
    squares += double{out[d]} * out[d];
  }
  for (auto& value : out)
    value = static_cast<float>(value / std::sqrt(squares));
  return out;
}

inline embedded_corpus embed_corpus(const corpus_shape& shape) {
  embedded_corpus out;
  random_source draw(shape.seed);
  std::vector<std::vector<float>> vectors;
  out.all.dimensions = shape.dimensions;
  for (uint32_t first = 0; first < shape.job_items; first += shape.segment_items) {
    segment_results results{
        .model = "m", .model_version = shape.model_version, .precision = shape.precision, .items = {}, .usage = {}};
    planned_segment place{.segment = static_cast<uint32_t>(out.records.size()), .first_number = out.items()};
    for (uint32_t item = first; item < std::min(first + shape.segment_items, shape.job_items); ++item) {
      vectors.push_back(some_vector(draw, item, shape.dimensions, vectors));
      auto& one = results.items.emplace_back();
      if (shape.fails_every > 0 && item % shape.fails_every == 0) {
        one.code = errc::invalid_utf8;
        continue;
      }
      one.value.values = vectors.back();
      one.value.tokens = 3 + draw.below(20);
      out.all.items.push_back(out.items());
      out.all.tokens.push_back(one.value.tokens);
      out.all.values.insert(out.all.values.end(), vectors.back().begin(), vectors.back().end());
      ++place.items;
    }
    out.records.push_back(make_record({some_job, place.segment}, first, results));
    place.hash = out.records.back().meta.hash;
    out.segments.push_back(place);
  }
  return out;
}

inline constexpr corpus_options usual_options{.clusters = 6,
                                              .iterations_max = 20,
                                              .seed = 5,
                                              .duplicate_similarity = 9'500,
                                              .duplicate_group_items = 32,
                                              .extract_tokens = 300};

/// What one rank makes of the whole, without actors, threads or nodes.
inline corpus_result plain_outcome(const embedded_corpus& corpus, const corpus_options& options = usual_options) {
  auto ends = make_thread_group(1);
  corpus_group group(*ends[0], patient);
  corpus_run run({.rows = corpus.all, .options = options});
  while (run.next() != corpus_step::done)
    REQUIRE(run.step(group));
  return run.outcome();
}

/// Read from its record. REQUIRES: it can be.
inline corpus_segment_ptr segment_of(const embedded_corpus& corpus, uint32_t segment) {
  auto read = read_corpus_segment(corpus.record(segment), corpus.segments.at(segment));
  REQUIRE(read);
  return *std::move(read);
}

/// Of the whole job.
inline item_gaps gaps_of(const embedded_corpus& corpus) {
  std::vector<item_run> runs;
  uint64_t job_items = corpus.items();
  for (const auto& place : corpus.segments) {
    const auto segment = segment_of(corpus, place.segment);
    for (const auto& run : segment->gaps) {
      runs.push_back(run);
      job_items += run.count;
    }
  }
  auto gaps = item_gaps::of(std::move(runs), job_items);
  REQUIRE(gaps);
  return *std::move(gaps);
}

inline std::vector<placed_segment> placed(const embedded_corpus& corpus, std::span<const planned_segment> share) {
  std::vector<placed_segment> out;
  for (const auto& place : share)
    out.push_back({place, segment_of(corpus, place.segment)});
  return out;
}

} // namespace weft::test
