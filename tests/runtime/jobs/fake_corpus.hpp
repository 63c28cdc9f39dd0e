#pragma once

#include "runtime/corpus/corpus_run.hpp"
#include "runtime/job/job_segment.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace weft::test {

inline constexpr uint32_t fake_dimensions = 8;

/// What came of a text of a corpus on every engine: a fixed function of it, 8 numbers of length 1 around one of five
/// topics. A text that begins with "bad" has no vector.
item_outcome corpus_item(const std::string& text);

/// Small rounds, so that there are several.
corpus_run_setup small_run(corpus_rows rows, const corpus_options& options);

/// The texts of a job that have vectors, as items of a corpus, and where they are in the job.
struct plain_corpus {
  corpus_rows rows;
  std::vector<uint64_t> items;

  /// The next one, with its place in the job.
  void add(uint64_t item, const embedding& value);
};
plain_corpus plain(const std::vector<std::string>& texts);

} // namespace weft::test
